/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* module.c: what service-modbus is, its settings, and how image and server belong together. */
#include <metergate.h>

#include "server.h"

enum { HIGH_WORD_FIRST, LOW_WORD_FIRST };

static const MgChoice word_orders[] = {
    { "high-first", HIGH_WORD_FIRST, "the most significant register at the lowest address" },
    { "low-first", LOW_WORD_FIRST, "the least significant register at the lowest address (\"Modbus swap\")" },
    { NULL, 0, NULL },
};

static const MgSetting settings[] = {
    { .key = "listen",
      .type = MG_SETTING_STRING,
      .def = "tcp:[::]:502",
      .summary = "Where clients connect: tcp:ADDRESS:PORT",
      .help = "`tcp:[::]:502` is every address of the gateway, IPv4 too; `tcp:127.0.0.1:0` is a free port, which the "
              "log tells." },
    { .key = "select", .type = MG_SETTING_SELECTOR, .def = "", .summary = "What is offered; empty: all active points" },
    { .key = "max-connections",
      .type = MG_SETTING_INT,
      .def = "5",
      .min = "1",
      .max = "1000",
      .summary = "Clients at once; one more, and the oldest connection is closed" },
    { .key = "test-image",
      .type = MG_SETTING_BOOL,
      .def = "no",
      .summary = "Fixed registers instead of meters, to try a client's word order and addresses" },
    { .key = "word-order",
      .type = MG_SETTING_ENUM,
      .def = "high-first",
      .choices = word_orders,
      .summary = "Order of the registers of what needs several" },
    { .key = "float-only",
      .type = MG_SETTING_BOOL,
      .def = "no",
      .summary = "Two registers an entry: serial number, floating point value",
      .help = "Addresses are allotted apart from those of the full layout, so that switching back finds them again." },
    { .key = "multi-slave",
      .type = MG_SETTING_BOOL,
      .def = "no",
      .summary = "Each meter is a unit of its own, 1 to 247; the gateway is 255" },
    { .key = "strict",
      .type = MG_SETTING_BOOL,
      .def = "no",
      .flags = MG_SETTING_ADVANCED,
      .summary = "FC 04 is refused, as the concentrator does; no: it answers as FC 03" },
    { .key = "product-name",
      .type = MG_SETTING_STRING,
      .max = "200",
      .flags = MG_SETTING_ADVANCED,
      .summary = "ProductName in the device identification; not set: the gateway's name" },
    { .key = "idle-timeout",
      .type = MG_SETTING_DURATION,
      .def = "60s",
      .flags = MG_SETTING_ADVANCED,
      .summary = "A connection without a request for so long is closed; 0: never" },
    { .key = "frame-timeout",
      .type = MG_SETTING_DURATION,
      .def = "10s",
      .min = "1s",
      .flags = MG_SETTING_ADVANCED,
      .summary = "A request that is not complete by then closes its connection" },
};

typedef struct {
    MgService *service;
    MgHost *host;
    ModbusLayout layout;
    ModbusServerSettings settings;
    ModbusImage *image;
    ModbusServer *server;
    guint fault_timer;
} Modbus;

static const char *modbus_product (MgHost *host, const MgConfig *config)
{
    const char *given = mg_config_get_string (config, "product-name"), *name = mg_host_get_fact (host, "name");

    return given != NULL ? given : name != NULL ? name : "Metergate";
}

static gpointer modbus_create (MgService *service, const MgConfig *config, GError **error)
{
    Modbus *modbus = g_new0 (Modbus, 1);

    modbus->service = service;
    modbus->host = mg_service_get_host (service);
    modbus->layout = (ModbusLayout){ .which = mg_config_get_selector (config, "select"),
                                     .low_word_first = mg_config_get_int (config, "word-order") == LOW_WORD_FIRST,
                                     .float_only = mg_config_get_bool (config, "float-only"),
                                     .multi_slave = mg_config_get_bool (config, "multi-slave"),
                                     .test = mg_config_get_bool (config, "test-image") };
    modbus->settings = (ModbusServerSettings){ .address = mg_config_get_string (config, "listen"),
                                               .connections_max = (guint) mg_config_get_int (config, "max-connections"),
                                               .idle_us = mg_config_get_duration_us (config, "idle-timeout"),
                                               .frame_us = mg_config_get_duration_us (config, "frame-timeout"),
                                               .multi_slave = modbus->layout.multi_slave,
                                               .strict = mg_config_get_bool (config, "strict"),
                                               .product = modbus_product (modbus->host, config) };
    mg_service_subscribe (service, NULL); /* also of what was switched off: its registers become 0 */
    return modbus;
}

static void modbus_stop (gpointer self)
{
    Modbus *modbus = self;

    g_clear_pointer (&modbus->server, modbus_server_free);
    g_clear_pointer (&modbus->image, modbus_image_free);
}

static void modbus_destroy (gpointer self)
{
    modbus_stop (self);
    g_free (self);
}

/* After start (), which ends a fault: what has no address is one. */
static gboolean modbus_tell_left_out (gpointer self)
{
    Modbus *modbus = self;
    guint n = modbus->image != NULL ? modbus_image_get_n_left_out (modbus->image) : 0;
    g_autoptr (GError) fault = NULL;

    modbus->fault_timer = 0;
    if (n > 0) {
        g_set_error (&fault, MG_ERROR, MG_ERROR_RANGE,
                     "all registers are taken, %u entries have none: choose by select", n);
        mg_service_set_fault (modbus->service, fault);
    }
    return G_SOURCE_REMOVE;
}

static void modbus_check_left_out (Modbus *modbus)
{
    if (modbus->fault_timer == 0 && modbus_image_get_n_left_out (modbus->image) > 0)
        modbus->fault_timer = mg_service_after (modbus->service, G_USEC_PER_SEC, modbus_tell_left_out, modbus);
}

static gboolean modbus_start (gpointer self, MgCall *call, GError **error)
{
    Modbus *modbus = self;
    const MgMeterNow *const *meters;
    guint n = mg_service_get_meters (modbus->service, &meters);

    modbus->image = modbus_image_new (modbus->host, &modbus->layout);
    for (guint i = 0; i < n; i++)
        modbus_image_update (modbus->image, meters[i]);
    modbus->server = modbus_server_new (modbus->service, modbus->image, &modbus->settings, error);
    if (modbus->server == NULL) {
        modbus_stop (modbus);
        return FALSE;
    }
    mg_host_log (modbus->host, G_LOG_LEVEL_MESSAGE, "listens at %s, port %u", modbus->settings.address,
                 modbus_server_get_port (modbus->server));
    modbus_check_left_out (modbus);
    return TRUE;
}

static void modbus_updated (gpointer self, const MgMeterNow *now)
{
    Modbus *modbus = self;

    if (modbus->image == NULL)
        return; /* not started yet: start () takes all */
    modbus_image_update (modbus->image, now);
    modbus_check_left_out (modbus);
}

static void modbus_removed (gpointer self, guint32 meter_id)
{
    Modbus *modbus = self;

    if (modbus->image != NULL)
        modbus_image_remove (modbus->image, meter_id);
}

static const MgServiceOps ops = MG_INIT (MgServiceOps, .flags = MG_SERVICE_SERVER, .settings = MG_TABLE (settings),
                                         .create = modbus_create, .destroy = modbus_destroy, .start = modbus_start,
                                         .stop = modbus_stop, .updated = modbus_updated, .removed = modbus_removed);

static const MgFeature features[] = {
    { .kind = MG_KIND_SERVICE,
      .maturity = MG_MATURITY_BETA,
      .name = "modbus",
      .summary = "Modbus TCP server",
      .ops = &ops },
};

MG_MODULE_DEFINE (.name = "service-modbus", .version = "0.1.0", .vendor = "Metergate", .license = "LGPL-2.1-or-later",
                  .features = MG_TABLE (features));
