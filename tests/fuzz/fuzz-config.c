/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-config.c: a drop-in of any bytes. What is taken must be shown so that it reads back as the same; what is refused
 * has a reason. */
#include <config/config.h>

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static const MgChoice choices[] = { { "none", 0, "No parity" }, { "even", 1, NULL }, { NULL, 0, NULL } };
static const MgSetting all_types[] = {
    { .key = "text", .type = MG_SETTING_STRING, .max = "9", .summary = "T" },
    { .key = "int", .type = MG_SETTING_INT, .def = "1", .min = "-5", .max = "0x7fffffffffffffff", .summary = "I" },
    { .key = "decimal", .type = MG_SETTING_DECIMAL, .min = "-1", .summary = "D" },
    { .key = "bool", .type = MG_SETTING_BOOL, .summary = "B" },
    { .key = "enum", .type = MG_SETTING_ENUM, .choices = choices, .summary = "E" },
    { .key = "duration", .type = MG_SETTING_DURATION, .summary = "D" },
    { .key = "size", .type = MG_SETTING_SIZE, .summary = "S" },
    { .key = "hex", .type = MG_SETTING_HEX, .summary = "H" },
    { .key = "path", .type = MG_SETTING_PATH, .summary = "P" },
    { .key = "server", .type = MG_SETTING_HOSTPORT, .summary = "S" },
    { .key = "obis", .type = MG_SETTING_OBIS, .summary = "O" },
    { .key = "select", .type = MG_SETTING_SELECTOR, .summary = "S" },
};
static const MgSetting lists[] = {
    { .key = "text", .type = MG_SETTING_STRING, .flags = MG_SETTING_LIST, .summary = "T" },
    { .key = "steps", .type = MG_SETTING_DURATION, .flags = MG_SETTING_LIST, .def = "1s;2s", .summary = "S" },
};
static const MgTable lists_table = MG_TABLE (lists);

static gboolean add_lists (gpointer data, const char *kind, const char *name, GHashTable *texts, ConfigTables *tables,
                           GError **error)
{
    config_tables_add (tables, "more", &lists_table);
    return TRUE;
}

static const ConfigKind kinds[] = {
    { "gateway", FALSE, MG_TABLE (all_types), NULL, NULL, NULL },
    { "line", TRUE, MG_TABLE (all_types), add_lists, NULL, NULL },
};

static void assert_reads_back (const Config *config)
{
    g_autofree char *text = config_show (config, TRUE);
    g_autoptr (GError) error = NULL;
    g_autoptr (Config) again = NULL;
    g_autoptr (GPtrArray) differences = NULL;

    again = config_load_text ("shown.conf", text, strlen (text), kinds, G_N_ELEMENTS (kinds), NULL, &error);
    g_assert_no_error (error);
    differences = config_differences (config, again);
    g_assert_cmpuint (differences->len, ==, 0);
}

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func ((GDestroyNotify) config_problem_free);
    g_autoptr (GError) error = NULL;
    g_autoptr (Config) config =
        config_load_text ("a.conf", (const char *) data, size, kinds, G_N_ELEMENTS (kinds), problems, &error);

    g_assert_true ((config == NULL) == (error != NULL));
    g_assert_true ((config == NULL) == (problems->len > 0));
    for (guint i = 0; i < problems->len; i++) {
        g_autofree char *text = config_problem_text (g_ptr_array_index (problems, i));
        g_assert_true (g_utf8_validate (text, -1, NULL));
    }
    if (config != NULL && size < 4096)
        assert_reads_back (config);
    return 0;
}
