/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config.c: settings tables, the texts that fit them, and what is read out of an MgConfig. */
#include <metergate.h>
#include <host/mgh-config.h>

#include <string.h>

static const MgChoice parities[] = {
    { "none", 'N', NULL }, { "even", 'E', NULL }, { "odd", 'O', NULL }, { NULL, 0, NULL }
};
static const MgSetting settings[] = {
    { .key = "name", .type = MG_SETTING_STRING, .min = "1", .max = "4", .summary = "A name" },
    { .key = "baud",
      .type = MG_SETTING_INT,
      .def = "2400",
      .min = "300",
      .max = "460800",
      .unit = "baud",
      .summary = "Speed" },
    { .key = "limit", .type = MG_SETTING_DECIMAL, .def = "0", .min = "-1.5", .max = "1.5", .summary = "A limit" },
    { .key = "echo", .type = MG_SETTING_BOOL, .def = "no", .summary = "Takes off an echo" },
    { .key = "parity", .type = MG_SETTING_ENUM, .def = "even", .choices = parities, .summary = "Parity" },
    { .key = "timeout", .type = MG_SETTING_DURATION, .def = "500ms", .min = "1ms", .max = "1h", .summary = "Time" },
    { .key = "room", .type = MG_SETTING_SIZE, .def = "8MB", .summary = "Room" },
    { .key = "wake", .type = MG_SETTING_HEX, .min = "1", .max = "3", .summary = "Bytes" },
    { .key = "folder", .type = MG_SETTING_PATH, .summary = "A folder" },
    { .key = "server", .type = MG_SETTING_HOSTPORT, .summary = "A server" },
    { .key = "obis", .type = MG_SETTING_OBIS, .summary = "A code" },
    { .key = "select", .type = MG_SETTING_SELECTOR, .def = "", .summary = "Which" },
    { .key = "tags", .type = MG_SETTING_STRING, .flags = MG_SETTING_LIST, .summary = "Tags" },
    { .key = "steps", .type = MG_SETTING_DURATION, .flags = MG_SETTING_LIST, .def = "1s;2s", .summary = "Steps" },
    { .key = "password", .type = MG_SETTING_STRING, .flags = MG_SETTING_SECRET, .max = "8", .summary = "A password" },
    { .key = "key", .type = MG_SETTING_HEX, .flags = MG_SETTING_SECRET, .min = "4", .max = "4", .summary = "A key" },
};
static const MgTable table = MG_TABLE (settings);

static MgConfig *one (const char *key, const char *text, GError **error)
{
    MghConfigText texts[] = { { key, text } };

    return mgh_config_new (&table, 1, texts, 1, error);
}

static void assert_refused (const char *key, const char *text, const char *says)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (MgConfig) config = one (key, text, &error);

    g_assert_null (config);
    g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
    g_assert_true (g_str_has_prefix (error->message, key));
    if (strstr (error->message, says) == NULL)
        g_error ("\"%s\" does not say \"%s\"", error->message, says);
}

/* what one text becomes in normal form, and that the normal form reads back as itself */
static void assert_normal (const char *key, const char *text, const char *normal)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (MgConfig) config = one (key, text, &error), again = NULL;
    g_autofree char *first = NULL, *second = NULL;

    g_assert_no_error (error);
    first = mgh_config_get_text (config, key);
    g_assert_cmpstr (first, ==, normal);
    again = one (key, first, &error);
    g_assert_no_error (error);
    second = mgh_config_get_text (again, key);
    g_assert_cmpstr (second, ==, normal);
}

static void defaults_fill_what_is_not_given (void)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (MgConfig) config = mgh_config_new (&table, 1, NULL, 0, &error);
    gsize n;

    g_assert_no_error (error);
    g_assert_null (mg_config_get_string (config, "name"));
    g_assert_false (mg_config_is_set (config, "name"));
    g_assert_cmpint (mg_config_get_int (config, "baud"), ==, 2400);
    g_assert_true (mg_config_is_set (config, "baud"));
    g_assert_cmpint (mg_config_get_int (config, "parity"), ==, 'E');
    g_assert_cmpint (mg_config_get_int (config, "room"), ==, 8000000);
    g_assert_cmpint (mg_config_get_duration_us (config, "timeout"), ==, 500000);
    g_assert_false (mg_config_get_bool (config, "echo"));
    g_assert_cmpint (mg_config_get_decimal (config, "limit").type, ==, MG_VALUE_DECIMAL);
    g_assert_null (mg_config_get_hex (config, "wake"));
    g_assert_cmpint (mg_config_get_obis (config, "obis").given, ==, 0);
    g_assert_nonnull (mg_config_get_selector (config, "select"));
    g_assert_null (mg_config_get_list (config, "tags", &n)[0]);
    g_assert_cmpuint (n, ==, 0);
    g_assert_cmpint (mg_config_get_int_list (config, "steps", &n)[1], ==, 2000000);
    g_assert_cmpuint (n, ==, 2);
}

static void each_type_has_a_normal_form (void)
{
    static const char *const rows[][3] = {
        { "name", "  ab ", "ab" },
        { "name", "\\sa\\t", "\\sa\\t" },
        { "name", "äöüß", "äöüß" },
        { "name", ";a", ";a" },
        { "baud", "0x12c", "300" },
        { "baud", "+00300", "300" },
        { "echo", "On", "yes" },
        { "echo", "0", "no" },
        { "parity", "odd", "odd" },
        { "timeout", "60000ms", "1min" },
        { "timeout", "90 s", "90s" },
        { "timeout", "60min", "1h" },
        { "room", "1000kB", "1MB" },
        { "room", "1048576", "1048576" },
        { "room", "64 KiB", "64KiB" },
        { "wake", "0a FF", "0AFF" },
        { "folder", "/a b", "/a b" },
        { "server", "a.example:502", "a.example:502" },
        { "server", "[fe80::1%eth0]:0", "[fe80::1%eth0]:0" },
        { "obis", "1-0:1.8.0*255", "1-0:1.8.0" },
        { "obis", "1.8.0*1", "1.8.0*1" },
        { "obis", "F.F", "97.97" },
        { "obis", "0-1:24.2.1", "0-1:24.2.1" },
        { "tags", " a ; b\\;c;", "a;b\\;c" },
        { "tags", "", "" },
        { "steps", "60s; 1d", "1min;1d" },
        { "limit", "1.50", "1.50" },
        { "limit", "-0.2", "-0.2" },
    };

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
        assert_normal (rows[i][0], rows[i][1], rows[i][2]);
}

static void what_does_not_fit_is_refused_in_words (void)
{
    static const char *const rows[][3] = {
        { "name", "", "from 1 to 4 characters" },
        { "name", "abcde", "\"abcde\": expected text from 1 to 4 characters" },
        { "name", "a\\x", "expected \\s, \\n" },
        { "name", "a\\", "backslash" },
        { "name", "\xff", "UTF-8" },
        { "baud", "fast", "\"fast\": expected a whole number from 300 to 460800 (baud)" },
        { "baud", "299", "from 300 to 460800" },
        { "baud", "460801", "from 300 to 460800" },
        { "baud", "9223372036854775808", "from 300" },
        { "baud", "12 ", "from 300" },
        { "baud", "", "a whole number" },
        { "limit", "1.51", "from -1.5 to 1.5" },
        { "limit", "-2", "from -1.5 to 1.5" },
        { "limit", "a", "a decimal number" },
        { "echo", "ja", "yes or no" },
        { "parity", "mark", "one of none, even, odd" },
        { "timeout", "5", "a duration such as" },
        { "timeout", "0s", "from 1ms to 1h" },
        { "timeout", "2h", "from 1ms to 1h" },
        { "timeout", "9223372036854775807d", "a duration" },
        { "room", "1K", "a size in bytes" },
        { "room", "-1", "a size in bytes" },
        { "room", "9223372036854775807TiB", "a size in bytes" },
        { "wake", "abc", "pairs of hexadecimal digits" },
        { "wake", "", "from 1 to 3 bytes" },
        { "wake", "00112233", "from 1 to 3 bytes" },
        { "folder", "a/b", "an absolute path" },
        { "server", "host", "host:port" },
        { "server", "a:1:2", "host:port" },
        { "server", "[::1:502", "host:port" },
        { "server", ":502", "host:port" },
        { "server", "a:65536", "host:port" },
        { "obis", "1", "an OBIS code" },
        { "obis", "1-0:256.8.0", "an OBIS code" },
        { "obis", "1.8.0*", "an OBIS code" },
        { "tags", "a;;b", "item 2 is empty" },
        { "steps", "1s;x", "\"x\": expected a duration" },
        { "password", "hunter2", "expected where the secret is kept" },
        { "password", "credential:", "expected where" },
        { "password", "credential:../x", "expected where" },
        { "password", "stored:", "expected where" },
    };

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
        assert_refused (rows[i][0], rows[i][1], rows[i][2]);
}

static void secrets_are_never_repeated_in_messages (void)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (MgConfig) config = one ("password", "hunter2", &error), good = NULL;
    g_autofree char *text = NULL;

    g_assert_null (config);
    g_assert_null (strstr (error->message, "hunter2"));
    good = one ("password", "credential:ftp", NULL);
    text = mgh_config_get_text (good, "password");
    g_assert_cmpstr (text, ==, "***");
}

static void unknown_and_double_keys_are_refused (void)
{
    MghConfigText twice[] = { { "baud", "300" }, { "baud", "600" } }, unknown[] = { { "colour", "red" } };
    const MgTable both[] = { table, table };
    g_autoptr (GError) error = NULL;

    g_assert_null (mgh_config_new (&table, 1, twice, 2, &error));
    g_assert_cmpstr (error->message, ==, "baud: given twice: expected once");
    g_clear_error (&error);
    g_assert_null (mgh_config_new (&table, 1, unknown, 1, &error));
    g_assert_true (g_str_has_prefix (error->message, "\"colour\": no such key: expected one of baud, echo, "));
    g_clear_error (&error);
    g_assert_null (mgh_config_new (both, 2, NULL, 0, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_INTERNAL);
}

static void required_keys_must_be_there (void)
{
    static const MgSetting required[] = {
        { .key = "address",
          .type = MG_SETTING_INT,
          .flags = MG_SETTING_REQUIRED,
          .min = "1",
          .max = "250",
          .summary = "A" },
    };
    const MgTable tables[] = { MG_TABLE (required), table };
    MghConfigText texts[] = { { "address", "7" }, { "baud", "300" } };
    g_autoptr (GError) error = NULL;
    g_autoptr (MgConfig) config = NULL;

    g_assert_null (mgh_config_new (tables, 2, NULL, 0, &error));
    g_assert_cmpstr (error->message, ==, "address: missing: expected a whole number from 1 to 250");
    g_clear_error (&error);
    config = mgh_config_new (tables, 2, texts, 2, &error);
    g_assert_no_error (error);
    g_assert_cmpint (mg_config_get_int (config, "address"), ==, 7);
    g_assert_cmpint (mg_config_get_int (config, "baud"), ==, 300);
}

static GBytes *tell_secret (gpointer data, const char *key, const char *reference, GError **error)
{
    g_assert_cmpstr (reference, ==, "stored");
    return g_bytes_new (data, strlen (data));
}

static GBytes *read_secret (const char *key, const char *kept, GError **error)
{
    g_autoptr (MgConfig) config = one (key, "stored", NULL);

    if (kept != NULL)
        mgh_config_set_secrets (config, tell_secret, (gpointer) kept);
    return mg_config_read_secret (config, key, error);
}

static void secrets_are_read_from_where_they_are_kept (void)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (GBytes) password = read_secret ("password", "hunter2\n", &error);
    g_autoptr (GBytes) key = read_secret ("key", "00 11 22 fF", &error);

    g_assert_no_error (error);
    g_assert_cmpmem (g_bytes_get_data (password, NULL), g_bytes_get_size (password), "hunter2", 7);
    g_assert_cmpmem (g_bytes_get_data (key, NULL), g_bytes_get_size (key), "\x00\x11\x22\xff", 4);
    g_assert_null (read_secret ("key", "001122", &error));
    g_assert_cmpstr (error->message, ==,
                     "key: the secret has a length of 3: expected pairs of hexadecimal digits, exactly 4 bytes");
    g_clear_error (&error);
    g_assert_null (read_secret ("key", "0011223x", &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
    g_clear_error (&error);
    g_assert_null (read_secret ("password", NULL, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
}

static void the_wrong_getter_is_a_bug_and_zero (void)
{
    g_autoptr (MgConfig) config = mgh_config_new (&table, 1, NULL, 0, NULL);

    g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*baud*another type*");
    g_assert_false (mg_config_get_bool (config, "baud"));
    g_test_assert_expected_messages ();
    g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*steps*another type*");
    g_assert_cmpint (mg_config_get_duration_us (config, "steps"), ==, 0);
    g_test_assert_expected_messages ();
    g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*colour*no such key*");
    g_assert_cmpint (mg_config_get_int (config, "colour"), ==, 0);
    g_test_assert_expected_messages ();
    g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*password*another type*");
    g_assert_null (mg_config_get_string (config, "password"));
    g_test_assert_expected_messages ();
}

static void good_tables_pass_the_check (void)
{
    for (guint i = 0; i < G_N_ELEMENTS (settings); i++) {
        g_autoptr (GError) error = NULL;

        mg_setting_check (&settings[i], &error);
        g_assert_no_error (error);
    }
}

static void bad_tables_fail_the_check (void)
{
    static const MgChoice twins[] = { { "a", 1, NULL }, { "a", 2, NULL }, { NULL, 0, NULL } };
    static const struct {
        MgSetting setting;
        const char *says;
    } rows[] = {
        { { .type = MG_SETTING_INT, .summary = "S" }, "expected a key" },
        { { .key = "Baud", .type = MG_SETTING_INT, .summary = "S" }, "lower-case-with-dashes" },
        { { .key = "a_b", .type = MG_SETTING_INT, .summary = "S" }, "lower-case-with-dashes" },
        { { .key = "a-", .type = MG_SETTING_INT, .summary = "S" }, "lower-case-with-dashes" },
        { { .key = "a", .type = 99, .summary = "S" }, "type is unknown" },
        { { .key = "a", .type = MG_SETTING_INT }, "summary" },
        { { .key = "a", .type = MG_SETTING_INT, .summary = "Stop." }, "without full stop" },
        { { .key = "a", .type = MG_SETTING_ENUM, .summary = "S" }, "choices" },
        { { .key = "a", .type = MG_SETTING_INT, .choices = parities, .summary = "S" }, "choices" },
        { { .key = "a", .type = MG_SETTING_ENUM, .choices = twins, .summary = "S" }, "different nicks" },
        { { .key = "a", .type = MG_SETTING_INT, .def = "x", .summary = "S" }, "default \"x\"" },
        { { .key = "a", .type = MG_SETTING_INT, .def = "5", .max = "4", .summary = "S" }, "default \"5\"" },
        { { .key = "a", .type = MG_SETTING_INT, .min = "x", .summary = "S" }, "min \"x\"" },
        { { .key = "a", .type = MG_SETTING_BOOL, .max = "yes", .summary = "S" }, "max \"yes\"" },
        { { .key = "a", .type = MG_SETTING_DURATION, .min = "2s", .max = "1s", .summary = "S" }, "above max" },
        { { .key = "a", .type = MG_SETTING_INT, .flags = MG_SETTING_REQUIRED, .def = "1", .summary = "S" },
          "REQUIRED" },
        { { .key = "a", .type = MG_SETTING_INT, .flags = MG_SETTING_SECRET, .summary = "S" }, "SECRET" },
        { { .key = "a", .type = MG_SETTING_HEX, .flags = MG_SETTING_SECRET, .def = "00", .summary = "S" }, "SECRET" },
    };

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_false (mg_setting_check (&rows[i].setting, &error));
        g_assert_error (error, MG_ERROR, MG_ERROR_INTERNAL);
        if (strstr (error->message, rows[i].says) == NULL)
            g_error ("\"%s\" does not say \"%s\"", error->message, rows[i].says);
    }
}

static void a_table_with_longer_elements_is_read_by_its_own_size (void)
{
    static const struct {
        MgSetting setting;
        guint64 later_field;
    } longer[] = {
        { { .key = "one", .type = MG_SETTING_INT, .def = "1", .summary = "One" }, G_MAXUINT64 },
        { { .key = "two", .type = MG_SETTING_INT, .def = "2", .summary = "Two" }, G_MAXUINT64 },
    };
    const MgTable tables[] = { MG_TABLE (longer) };
    g_autoptr (MgConfig) config = mgh_config_new (tables, 1, NULL, 0, NULL);

    g_assert_cmpint (mg_config_get_int (config, "two"), ==, 2);
    g_assert_cmpstr (mgh_setting_find (tables, 1, "two")->key, ==, "two");
    g_assert_null (mgh_setting_find (tables, 1, "three"));
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/config/defaults-fill-what-is-not-given", defaults_fill_what_is_not_given);
    g_test_add_func ("/config/each-type-has-a-normal-form", each_type_has_a_normal_form);
    g_test_add_func ("/config/what-does-not-fit-is-refused-in-words", what_does_not_fit_is_refused_in_words);
    g_test_add_func ("/config/secrets-are-never-repeated-in-messages", secrets_are_never_repeated_in_messages);
    g_test_add_func ("/config/unknown-and-double-keys-are-refused", unknown_and_double_keys_are_refused);
    g_test_add_func ("/config/required-keys-must-be-there", required_keys_must_be_there);
    g_test_add_func ("/config/secrets-are-read-from-where-they-are-kept", secrets_are_read_from_where_they_are_kept);
    g_test_add_func ("/config/the-wrong-getter-is-a-bug-and-zero", the_wrong_getter_is_a_bug_and_zero);
    g_test_add_func ("/setting/good-tables-pass-the-check", good_tables_pass_the_check);
    g_test_add_func ("/setting/bad-tables-fail-the-check", bad_tables_fail_the_check);
    g_test_add_func ("/setting/longer-elements-are-read-by-their-size",
                     a_table_with_longer_elements_is_read_by_its_own_size);
    return g_test_run ();
}
