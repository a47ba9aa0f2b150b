/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* module.c: each thing that can be wrong in a module's tables is refused by a line that names it. */
#include <metergate.h>

#include <host/mgh-module.h>

#include <string.h>

static gboolean some_read (gpointer self, MgDevice *device, MgCall *call, MgReadout *out, GError **error)
{
    return TRUE;
}

static gboolean some_scan (gpointer self, const MgConfig *options, MgCall *call, GError **error)
{
    return TRUE;
}

static gboolean some_command (gpointer self, MgDevice *device, MgCommandCall *command, MgCall *call, MgReadout *out,
                              GError **error)
{
    return TRUE;
}

static gboolean some_item (gpointer self, const MgItem *item, MgOutput *out, MgCall *call, GError **error)
{
    return TRUE;
}

static gboolean some_deliver (gpointer self, MgDelivery *delivery, MgCall *call, GError **error)
{
    return TRUE;
}

static gpointer some_create (MgService *service, const MgConfig *config, GError **error)
{
    return service;
}

static void some_updated (gpointer self, const MgMeterNow *now)
{
}

static const MgSetting settings[] = { { .key = "name", .type = MG_SETTING_STRING, .def = "x", .summary = "A name" } };
static const MgSetting twice[] = {
    { .key = "name", .type = MG_SETTING_STRING, .def = "x", .summary = "A name" },
    { .key = "name", .type = MG_SETTING_STRING, .def = "x", .summary = "A name" },
};
static const MgSetting wrong_default[] = {
    { .key = "size", .type = MG_SETTING_INT, .def = "9", .min = "10", .max = "20", .summary = "A size" },
};

static void assert_said (gboolean good, GError *error, const char *pattern)
{
    if (pattern == NULL) {
        g_assert_no_error (error);
        g_assert_true (good);
        return;
    }
    g_assert_false (good);
    g_assert_nonnull (error);
    g_assert_cmpuint (error->domain, ==, MG_ERROR);
    g_test_message ("%s", error->message);
    g_assert_true (g_pattern_match_simple (pattern, error->message));
    g_error_free (error);
}

#define CHECK(check, object, pattern)                                                                                  \
    G_STMT_START                                                                                                       \
    {                                                                                                                  \
        GError *error_ = NULL;                                                                                         \
        gboolean good_ = check (object, &error_);                                                                      \
        assert_said (good_, error_, pattern);                                                                          \
    }                                                                                                                  \
    G_STMT_END

#define DRIVER(...)                                                                                                    \
    &(MgDriverOps)                                                                                                     \
    {                                                                                                                  \
        .struct_size = sizeof (MgDriverOps), __VA_ARGS__                                                               \
    }

static void drivers_are_checked (void)
{
    static const MgCommand commands[] = { { .name = "valve-close", .summary = "Closes the valve" } };
    static const MgCommand bad_commands[] = { { .name = "Valve", .summary = "Closes the valve" } };
    static const MgCommand two_commands[] = { { .name = "go", .summary = "Goes" },
                                              { .name = "go", .summary = "Goes" } };

    CHECK (mg_driver_check, DRIVER (.read = some_read), NULL);
    CHECK (mg_driver_check, DRIVER (.read = some_read, .device_settings = MG_TABLE (settings)), NULL);
    CHECK (mg_driver_check, DRIVER (.read = some_read, .command = some_command, .commands = MG_TABLE (commands)), NULL);
    CHECK (mg_driver_check, NULL, "MgDriverOps is NULL");
    CHECK (mg_driver_check, DRIVER (.scan = some_scan), "neither read () nor listen ()");
    CHECK (mg_driver_check, DRIVER (.read = some_read, .scan_settings = MG_TABLE (settings)),
           "scan_settings without scan ()");
    CHECK (mg_driver_check, DRIVER (.read = some_read, .commands = MG_TABLE (commands)), "commands without command ()");
    CHECK (mg_driver_check, DRIVER (.read = some_read, .flags = 3), "flags: both *");
    CHECK (mg_driver_check, DRIVER (.read = some_read, .flags = 1u << 31), "flags: unknown flags 0x80000000");
    CHECK (mg_driver_check, DRIVER (.read = some_read, .channel_settings = MG_TABLE (twice)),
           "channel_settings: key \"name\" is there twice");
    CHECK (mg_driver_check, DRIVER (.read = some_read, .device_settings = MG_TABLE (wrong_default)),
           "device_settings: *size*");
    CHECK (mg_driver_check, DRIVER (.read = some_read, .device_settings = { NULL, 3, sizeof (MgSetting) }),
           "device_settings: 3 items, but no array");
    CHECK (mg_driver_check, DRIVER (.read = some_read, .device_settings = { settings, 1, 8 }),
           "device_settings: items of 8 bytes, expected *");
    CHECK (mg_driver_check, DRIVER (.read = some_read, .command = some_command, .commands = MG_TABLE (bad_commands)),
           "command \"Valve\": expected lower-case letters*");
    CHECK (mg_driver_check, DRIVER (.read = some_read, .command = some_command, .commands = MG_TABLE (two_commands)),
           "command \"go\" is there twice");
}

static void commands_are_checked (void)
{
    static const MgCommand no_summary = { .name = "go" }, flags = { .name = "go", .summary = "Goes", .flags = 8 };
    static const MgCommand args = { .name = "go", .summary = "Goes", .args = MG_TABLE (twice) };

    CHECK (mg_command_check, &no_summary, "command go: summary is missing");
    CHECK (mg_command_check, &flags, "command go: flags: unknown flags 0x8");
    CHECK (mg_command_check, &args, "command go: args: key \"name\" is there twice");
}

static void outputs_and_services_are_checked (void)
{
    MgFormatOps format = MG_INIT (MgFormatOps, .content_type = "text/csv", .extension = "csv", .item = some_item);
    MgTransportOps transport = MG_INIT (MgTransportOps, .deliver = some_deliver, .settings = MG_TABLE (settings));
    MgServiceOps service = MG_INIT (MgServiceOps, .create = some_create, .updated = some_updated);

    CHECK (mg_format_check, &format, NULL);
    format.extension = "tar.gz";
    CHECK (mg_format_check, &format, NULL);
    format.extension = "../csv";
    CHECK (mg_format_check, &format, "extension \"../csv\": expected *");
    format.extension = NULL;
    CHECK (mg_format_check, &format, "extension is missing");
    format.item = NULL;
    CHECK (mg_format_check, &format, "no item ()");
    CHECK (mg_transport_check, &transport, NULL);
    transport.settings = (MgTable) MG_TABLE (twice);
    CHECK (mg_transport_check, &transport, "settings: key \"name\" is there twice");
    transport.deliver = NULL;
    CHECK (mg_transport_check, &transport, "no deliver ()");
    CHECK (mg_service_check, &service, NULL);
    service.flags = MG_SERVICE_SERVER | MG_SERVICE_COMMANDS;
    CHECK (mg_service_check, &service, NULL);
    service.updated = NULL;
    CHECK (mg_service_check, &service, "neither start () nor updated () nor more ()");
    service.create = NULL;
    CHECK (mg_service_check, &service, "no create ()");
}

static void short_structs_are_refused (void)
{
    MgDriverOps driver = { .struct_size = sizeof driver - 1, .read = some_read };
    MgFormatOps format = { .struct_size = 8 };
    MgTransportOps transport = { .struct_size = 0 };
    MgServiceOps service = { .struct_size = 1 };

    CHECK (mg_driver_check, &driver, "MgDriverOps has * bytes, expected *");
    CHECK (mg_format_check, &format, "MgFormatOps has 8 bytes, expected *");
    CHECK (mg_transport_check, &transport, "MgTransportOps has 0 bytes, expected *");
    CHECK (mg_service_check, &service, "MgServiceOps has 1 bytes, expected *");
}

static void features_are_checked (void)
{
    static const MgDriverOps ops = MG_INIT (MgDriverOps, .read = some_read);
    static const MgDriverOps bad = MG_INIT (MgDriverOps, .scan = some_scan);
    MgFeature f = {
        .kind = MG_KIND_DRIVER, .maturity = MG_MATURITY_BETA, .name = "m-bus2", .summary = "M-Bus", .ops = &ops
    };

    CHECK (mg_feature_check, &f, NULL);
    f.ops = &bad;
    CHECK (mg_feature_check, &f, "driver m-bus2: neither read () nor listen ()");
    f.ops = &ops;
    f.summary = "two\nlines";
    CHECK (mg_feature_check, &f, "driver m-bus2: summary: expected one line of UTF-8");
    f.summary = "\xFF";
    CHECK (mg_feature_check, &f, "driver m-bus2: summary: expected one line of UTF-8");
    f.maturity = 0;
    CHECK (mg_feature_check, &f, "driver m-bus2: maturity 0: expected 1..3");
    f.kind = MG_KIND_DECODER; /* later */
    CHECK (mg_feature_check, &f, "feature kind 5: expected 1..4");
    f.kind = MG_KIND_DRIVER;
    for (const char *const *name = (const char *const[]){ "", "-a", "a-", "a--b", "A", "a_b", "a/b", "1a",
                                                          "a23456789012345678901234567890123", NULL };
         *name != NULL; name++) {
        f.name = *name;
        CHECK (mg_feature_check, &f, "feature name*");
    }
}

static void events_are_checked (void)
{
    MgEventInfo e = { "limit.exceeded", MG_SEVERITY_ALARM, "{value} > {limit}", NULL };

    CHECK (mg_event_info_check, &e, NULL);
    e.clears = "limit.normal";
    CHECK (mg_event_info_check, &e, NULL);
    e.clears = "Limit";
    CHECK (mg_event_info_check, &e, "event limit.exceeded: clears \"Limit\"*");
    e.clears = NULL;
    for (const char *const *text = (const char *const[]){ "{", "}", "{}", "{a", "a}", "{{a}}", "{a b}", NULL };
         *text != NULL; text++) {
        e.text = *text;
        CHECK (mg_event_info_check, &e, "event limit.exceeded: text \"*");
    }
    e.severity = 4;
    CHECK (mg_event_info_check, &e, "event limit.exceeded: severity 4: expected 1..3");
    e.code = "limit..exceeded";
    CHECK (mg_event_info_check, &e, "event code \"limit..exceeded\": \".\" at its end or twice");
}

static const MgDriverOps driver = MG_INIT (MgDriverOps, .read = some_read);
static const MgFeature features[] = {
    { .kind = MG_KIND_DRIVER, .maturity = MG_MATURITY_BETA, .name = "a", .summary = "A", .ops = &driver },
    { .kind = MG_KIND_DRIVER, .maturity = MG_MATURITY_BETA, .name = "b", .summary = "B", .ops = &driver },
};
static const MgFeature same_features[] = {
    { .kind = MG_KIND_DRIVER, .maturity = MG_MATURITY_BETA, .name = "a", .summary = "A", .ops = &driver },
    { .kind = MG_KIND_DRIVER, .maturity = MG_MATURITY_BETA, .name = "a", .summary = "B", .ops = &driver },
};
static const MgEventInfo events[] = { { "a.b", MG_SEVERITY_INFO, "b", NULL }, { "a.c", MG_SEVERITY_INFO, "c", "a.b" } };
static const MgEventInfo same_events[] = { { "a.b", MG_SEVERITY_INFO, "b", NULL },
                                           { "a.b", MG_SEVERITY_INFO, "c", NULL } };

#define MODULE(...)                                                                                                    \
    MG_INIT (MgModule, .abi_major = MG_ABI_MAJOR, .abi_minor = MG_ABI_MINOR, .name = "acme", .version = "1",           \
             .vendor = "ACME", .license = "MIT", __VA_ARGS__)

static void modules_are_checked (void)
{
    MgModule m = MODULE (.features = MG_TABLE (features), .events = MG_TABLE (events));

    CHECK (mg_module_check, &m, NULL);
    m.features = (MgTable) MG_TABLE (same_features);
    CHECK (mg_module_check, &m, "driver a is there twice");
    m.features.n_items = 0;
    CHECK (mg_module_check, &m, "features: none");
    m.features = (MgTable) MG_TABLE (features);
    m.events = (MgTable) MG_TABLE (same_events);
    CHECK (mg_module_check, &m, "event a.b is there twice");
    m.events.n_items = 0;
    m.license = NULL;
    CHECK (mg_module_check, &m, "license is missing");
    m.name = "ACME";
    CHECK (mg_module_check, &m, "module name \"ACME\": *");
    CHECK (mg_module_check, NULL, "MgModule is NULL");
}

static void another_abi_is_refused_before_anything_is_read (void)
{
    MgModule m = { .struct_size = G_STRUCT_OFFSET (MgModule, name), .abi_major = 99, .name = (const char *) 1 };

    CHECK (mg_module_check, &m, "built for ABI 99.0, this gateway has 0.*");
    m.abi_major = MG_ABI_MAJOR;
    m.abi_minor = MG_ABI_MINOR + 1;
    CHECK (mg_module_check, &m, "built for ABI *, this gateway has *");
    m.abi_minor = MG_ABI_MINOR;
    CHECK (mg_module_check, &m, "MgModule has 16 bytes, expected *");
    m.struct_size = 15;
    CHECK (mg_module_check, &m, "MgModule has 15 bytes, expected 16");
}

/* Elements and structs of another size than ours: what is older ends in zeroes, what is newer is cut. */
static void tables_and_structs_of_other_sizes_are_copied (void)
{
    struct {
        gsize struct_size, a, b;
    } now, older = { 16, 1, 2 };
    struct {
        guint32 a, b, c;
    } newer[] = { { 1, 2, 3 }, { 4, 5, 6 } };
    guint32 two[2], four[4];
    MgTable table = MG_TABLE (newer);

    g_assert_true (mgh_struct_copy (&now, sizeof now, &older, 16));
    g_assert_cmpuint (now.a, ==, 1);
    g_assert_cmpuint (now.b, ==, 0);
    g_assert_false (mgh_struct_copy (&now, sizeof now, &older, 17));
    g_assert_cmpuint (now.a, ==, 0);
    g_assert_true (mgh_table_get (&table, 1, two, sizeof two));
    g_assert_cmpuint (two[0] * 10 + two[1], ==, 45);
    g_assert_true (mgh_table_get (&table, 1, four, sizeof four));
    g_assert_cmpuint (four[2], ==, 6);
    g_assert_cmpuint (four[3], ==, 0);
    g_assert_false (mgh_table_get (&table, 2, four, sizeof four));
    g_assert_cmpuint (four[0], ==, 0);
}

static void kinds_have_names (void)
{
    for (guint32 kind = MG_KIND_DRIVER; kind <= MG_KIND_SERVICE; kind++)
        g_assert_cmpuint (mgh_kind_parse (mgh_kind_nick (kind)), ==, kind);
    g_assert_null (mgh_kind_nick (0));
    g_assert_null (mgh_kind_nick (MG_KIND_DECODER));
    g_assert_cmpuint (mgh_kind_parse ("decoder"), ==, 0);
    g_assert_cmpuint (mgh_kind_parse (NULL), ==, 0);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/sdk/module/drivers_are_checked", drivers_are_checked);
    g_test_add_func ("/sdk/module/commands_are_checked", commands_are_checked);
    g_test_add_func ("/sdk/module/outputs_and_services_are_checked", outputs_and_services_are_checked);
    g_test_add_func ("/sdk/module/short_structs_are_refused", short_structs_are_refused);
    g_test_add_func ("/sdk/module/features_are_checked", features_are_checked);
    g_test_add_func ("/sdk/module/events_are_checked", events_are_checked);
    g_test_add_func ("/sdk/module/modules_are_checked", modules_are_checked);
    g_test_add_func ("/sdk/module/another_abi_is_refused_before_anything_is_read",
                     another_abi_is_refused_before_anything_is_read);
    g_test_add_func ("/sdk/module/tables_and_structs_of_other_sizes_are_copied",
                     tables_and_structs_of_other_sizes_are_copied);
    g_test_add_func ("/sdk/module/kinds_have_names", kinds_have_names);
    return g_test_run ();
}
