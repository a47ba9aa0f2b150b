/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-config.c: drop-ins in folders, what they are merged to, and what is refused with file, line and key. */
#include <config/config.h>

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- kinds as main has them: a gateway, lines, reports with a format and a transport chosen by what the group says */

static const MgSetting gateway_settings[] = {
    { .key = "name", .type = MG_SETTING_STRING, .def = "gateway", .summary = "Name" },
    { .key = "old-name",
      .type = MG_SETTING_STRING,
      .flags = MG_SETTING_DEPRECATED,
      .summary = "Name",
      .help = "Use name." },
};
static const MgSetting line_settings[] = {
    { .key = "baud",
      .type = MG_SETTING_INT,
      .def = "2400",
      .min = "300",
      .max = "38400",
      .unit = "baud",
      .summary = "Speed" },
    { .key = "device", .type = MG_SETTING_PATH, .flags = MG_SETTING_REQUIRED, .summary = "Device" },
};
static const MgSetting report_settings[] = {
    { .key = "format", .type = MG_SETTING_STRING, .flags = MG_SETTING_REQUIRED, .summary = "Format" },
    { .key = "line", .type = MG_SETTING_STRING, .summary = "Line that must exist" },
    { .key = "retries", .type = MG_SETTING_INT, .def = "3", .summary = "Retries" },
};
static const MgSetting csv_settings[] = {
    { .key = "separator", .type = MG_SETTING_STRING, .def = ";", .summary = "Separator" },
    { .key = "compress", .type = MG_SETTING_BOOL, .def = "no", .summary = "Compress" },
};
static const MgSetting file_settings[] = {
    { .key = "folder",
      .type = MG_SETTING_PATH,
      .def = "/srv",
      .summary = "Folder",
      .help = "First words.\n\nSecond words." },
    { .key = "compress", .type = MG_SETTING_BOOL, .def = "yes", .summary = "Compress" },
    { .key = "password", .type = MG_SETTING_STRING, .flags = MG_SETTING_SECRET, .summary = "Password" },
};
static const MgSetting needed_settings[] = {
    { .key = "claim", .type = MG_SETTING_STRING, .flags = MG_SETTING_REQUIRED, .summary = "Claim" },
};
static const MgTable csv_table = MG_TABLE (csv_settings), file_table = MG_TABLE (file_settings);

static gboolean report_resolve (gpointer data, const char *kind, const char *name, GHashTable *texts,
                                ConfigTables *tables, GError **error)
{
    const char *format = g_hash_table_lookup (texts, "format");

    g_assert_cmpstr (kind, ==, "report");
    if (format == NULL) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "format: missing: expected csv");
        return FALSE;
    }
    if (strcmp (format, "broken") == 0) {
        g_set_error (error, MG_ERROR, MG_ERROR_UNSUPPORTED, "format: format-broken.so was refused");
        return FALSE;
    }
    if (strcmp (format, "csv") != 0) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "format: there is no format %s: expected csv", format);
        return FALSE;
    }
    config_tables_add (tables, "format", &csv_table);
    config_tables_add (tables, "transport", &file_table);
    return TRUE;
}

static gboolean report_check (const Config *all, const ConfigGroup *group, GError **error)
{
    const char *line = mg_config_get_string (config_group_values (group), "line");

    if (line == NULL || config_find (all, "line", line) != NULL)
        return TRUE;
    g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "line: there is no [line %s]", line);
    return FALSE;
}

static const ConfigKind kinds[] = {
    { "gateway", FALSE, MG_TABLE (gateway_settings), NULL, NULL, NULL },
    { "line", TRUE, MG_TABLE (line_settings), NULL, NULL, NULL },
    { "report", TRUE, MG_TABLE (report_settings), report_resolve, NULL, report_check },
    { "web", FALSE, MG_TABLE (needed_settings), NULL, NULL, NULL },
};

/* ---- three folders */

typedef struct {
    char *top;
    char *folders[4];
    GPtrArray *problems;
    GError *error;
} Fixture;

static void set_up (Fixture *f, gconstpointer data)
{
    static const char *const names[] = { "usr", "var", "etc" };

    f->top = g_dir_make_tmp ("config-XXXXXX", NULL);
    for (guint i = 0; i < 3; i++) {
        f->folders[i] = g_build_filename (f->top, names[i], NULL);
        g_assert_cmpint (g_mkdir (f->folders[i], 0700), ==, 0);
    }
    f->problems = g_ptr_array_new_with_free_func ((GDestroyNotify) config_problem_free);
}

static void tear_down (Fixture *f, gconstpointer data)
{
    for (guint i = 0; i < 3; i++) {
        g_autoptr (GDir) dir = g_dir_open (f->folders[i], 0, NULL);
        const char *name;

        while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
            g_autofree char *path = g_build_filename (f->folders[i], name, NULL);
            g_assert_cmpint (g_remove (path), ==, 0);
        }
        g_rmdir (f->folders[i]);
        g_free (f->folders[i]);
    }
    g_rmdir (f->top);
    g_free (f->top);
    g_ptr_array_unref (f->problems);
    g_clear_error (&f->error);
}

static void put (Fixture *f, guint folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename (f->folders[folder], name, NULL);

    g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static Config *load (Fixture *f)
{
    g_ptr_array_set_size (f->problems, 0);
    g_clear_error (&f->error);
    return config_load ((const char *const *) f->folders, kinds, G_N_ELEMENTS (kinds), f->problems, &f->error);
}

static Config *load_good (Fixture *f)
{
    Config *config = load (f);

    g_assert_no_error (f->error);
    g_assert_nonnull (config);
    return config;
}

static char *problems_text (Fixture *f)
{
    GString *out = g_string_new (NULL);

    for (guint i = 0; i < f->problems->len; i++) {
        g_autofree char *text = config_problem_text (g_ptr_array_index (f->problems, i));
        const char *relative = g_str_has_prefix (text, f->top) ? text + strlen (f->top) + 1 : text;

        g_string_append_printf (out, "%s\n", relative);
    }
    return g_string_free (out, FALSE);
}

static void assert_refused (Fixture *f, const char *text, const char *problem)
{
    g_autofree char *all = NULL;

    put (f, 2, "80-a.conf", text);
    g_assert_null (load (f));
    g_assert_error (f->error, MG_ERROR, MG_ERROR_CONFIG);
    all = problems_text (f);
    g_assert_cmpstr (all, ==, problem);
}

static gint64 baud_of (const Config *config, const char *line)
{
    return mg_config_get_int (config_group_values (config_find (config, "line", line)), "baud");
}

/* ---- merging */

static void files_are_read_in_the_order_of_their_names_over_all_folders (Fixture *f, gconstpointer data)
{
    g_autoptr (Config) config = NULL;
    const ConfigGroup *const *lines, *a;
    const char *file;
    guint at;

    put (f, 2, "20-admin.conf", "[line b]\ndevice=/dev/b\n[line a]\nbaud=300\n");
    put (f, 0, "50-lines.conf", "# a remark\n\n[line a]\ndevice = /dev/a  \nbaud=600\n");
    put (f, 1, "60-web.conf", "[line a]\nbaud=1200\n");
    put (f, 1, "notes.txt", "not read at all\n");
    put (f, 1, ".70-hidden.conf", "not read either\n");
    config = load_good (f);
    g_assert_cmpint (baud_of (config, "a"), ==, 1200);
    g_assert_cmpuint (config_get_groups (config, "line", &lines), ==, 2);
    g_assert_cmpstr (config_group_name (lines[0]), ==, "b");
    a = lines[1];
    g_assert_cmpstr (config_group_kind (a), ==, "line");
    g_assert_cmpstr (mg_config_get_string (config_group_values (a), "device"), ==, "/dev/a");
    g_assert_true (config_group_origin (a, "baud", &file, &at));
    g_assert_true (g_str_has_suffix (file, "/var/60-web.conf"));
    g_assert_cmpuint (at, ==, 2);
    g_assert_true (g_str_has_suffix (config_group_file (a, &at), "/etc/20-admin.conf"));
    g_assert_cmpuint (at, ==, 3);
    g_assert_false (config_group_origin (lines[0], "baud", &file, &at));
    g_assert_cmpuint (f->problems->len, ==, 0);
}

static void a_file_hides_one_of_the_same_name_below (Fixture *f, gconstpointer data)
{
    g_autoptr (Config) config = NULL;

    put (f, 0, "10-a.conf", "[line a]\ndevice=/dev/a\nbaud=600\n[line gone]\nnonsense\n");
    put (f, 2, "10-a.conf", "[line a]\ndevice=/dev/a\n");
    config = load_good (f);
    g_assert_cmpint (baud_of (config, "a"), ==, 2400);
    g_assert_null (config_find (config, "line", "gone"));
}

static void a_link_to_dev_null_switches_a_file_off (Fixture *f, gconstpointer data)
{
    g_autofree char *link = g_build_filename (f->folders[2], "10-a.conf", NULL);
    g_autoptr (Config) config = NULL;

    put (f, 0, "10-a.conf", "[line a]\ndevice=/dev/a\n");
    g_assert_cmpint (symlink ("/dev/null", link), ==, 0);
    config = load_good (f);
    g_assert_null (config_find (config, "line", "a"));
}

static void folders_that_are_not_there_are_empty (Fixture *f, gconstpointer data)
{
    const char *const none[] = { "/nonexistent/a", "/nonexistent/b", NULL };
    g_autoptr (Config) config = config_load (none, kinds, G_N_ELEMENTS (kinds), f->problems, &f->error);

    g_assert_no_error (f->error);
    g_assert_cmpstr (mg_config_get_string (config_group_values (config_find (config, "gateway", NULL)), "name"), ==,
                     "gateway");
    g_assert_null (config_group_file (config_find (config, "gateway", NULL), NULL));
    g_assert_null (config_find (config, "web", NULL));
}

static void what_is_no_file_is_refused_without_waiting (Fixture *f, gconstpointer data)
{
    g_autofree char *pipe_path = g_build_filename (f->folders[2], "10-pipe.conf", NULL);
    g_autofree char *link = g_build_filename (f->folders[2], "20-link.conf", NULL);
    g_autofree char *all = NULL;

    g_assert_cmpint (mkfifo (pipe_path, 0600), ==, 0);
    g_assert_cmpint (symlink ("/nonexistent", link), ==, 0);
    g_assert_null (load (f));
    all = problems_text (f);
    g_assert_cmpstr (all, ==,
                     "etc/10-pipe.conf: is not a file: expected a regular file or a link to one\n"
                     "etc/20-link.conf: cannot be opened: No such file or directory\n");
}

/* ---- refusals */

static void each_fault_has_file_line_and_what_was_expected (Fixture *f, gconstpointer data)
{
    static const char *const rows[][2] = {
        { "[line a]\ndevice=/dev/a\nbaud=12\n",
          "etc/80-a.conf:3: [line a] baud: \"12\": expected a whole number from 300 to 38400 (baud)\n" },
        { "[line a]\nbaud=300\n", "etc/80-a.conf:1: [line a] device: missing: expected an absolute path\n" },
        { "[line a]\ndevice=/a\ncolour=red\n",
          "etc/80-a.conf:3: [line a] colour: no such key: expected one of baud, device\n" },
        { "\n[lin a]\nx=1\n", "etc/80-a.conf:2: [lin a] no such kind of group: expected one of [gateway], [line NAME], "
                              "[report NAME], [web]\n" },
        { "[line]\nbaud=300\n", "etc/80-a.conf:1: [line] a group without a name: expected [line NAME]\n" },
        { "[gateway x]\n", "etc/80-a.conf:1: [gateway x] a group with a name: expected [gateway]\n" },
        { "[line a]\ndevice=/a\n[line a]\nbaud=300\n",
          "etc/80-a.conf:3: [line a] stands twice in this file: first in line 1\n" },
        { "[line a]\ndevice=/a\ndevice=/b\n",
          "etc/80-a.conf:3: [line a] device: given twice in this file: first in line 2\n" },
        { "[line a]\ndevice=/a\nline.device=/b\n",
          "etc/80-a.conf:3: [line a] line.device: given twice: first as device in line 2\n" },
        { "baud=300\n", "etc/80-a.conf:1: baud: stands before the first [group]\n" },
        { "[gateway]\nname\n", "etc/80-a.conf:2: neither a [group], a key=value nor a # remark\n" },
        { "[gateway]\nNa me=1\n", "etc/80-a.conf:2: not a key: expected lower-case-with-dashes before the =\n" },
        { "[gateway\nname=1\n", "etc/80-a.conf:1: a group without its end: expected [kind name]\n" },
        { "[line ../a]\n",
          "etc/80-a.conf:1: not the name of a group: expected [kind name] with letters, digits, - _ . (at most 64)\n" },
        { "[gateway]\nname=a\x01\n", "etc/80-a.conf:2: a control character: expected text\n" },
        { "[gateway]\nname=\xff\n", "etc/80-a.conf:2: not valid UTF-8\n" },
        { "[gateway]\nname=a\\q\n",
          "etc/80-a.conf:2: [gateway] name: a backslash before \"q\": expected \\s, \\n, \\t, \\r, \\\\\n" },
        { "[report r]\nseparator=,\n", "etc/80-a.conf:1: [report r] format: missing: expected csv\n" },
        { "[report r]\nseparator=,\nformat=xml\n",
          "etc/80-a.conf:3: [report r] format: there is no format xml: expected csv\n" },
        { "[report r]\nformat=csv\nline=a\n", "etc/80-a.conf:3: [report r] line: there is no [line a]\n" },
        { "[report r]\nformat=csv\ncompress=no\n", "etc/80-a.conf:3: [report r] compress: stands for several settings: "
                                                   "expected one of format.compress, transport.compress\n" },
        { "[report r]\nformat=csv\nformat.folder=/a\n",
          "etc/80-a.conf:3: [report r] format.folder: no such key: expected one of format, line, retries, separator, "
          "format.compress, "
          "folder, transport.compress, password\n" },
        { "[report r]\nformat=csv\npassword=hunter2\n",
          "etc/80-a.conf:3: [report r] password: expected where the secret is kept (credential:NAME or stored), not "
          "the secret itself\n" },
        { "[web]\n", "etc/80-a.conf:1: [web] claim: missing: expected text\n" },
    };

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
        assert_refused (f, rows[i][0], rows[i][1]);
}

static void all_problems_are_told_and_the_error_tells_the_first (Fixture *f, gconstpointer data)
{
    g_autofree char *all = NULL;

    put (f, 2, "80-a.conf", "[line a]\nbaud=1\nbaud=2\n[nonsense]\nkey=skipped\n[line b]\n");
    g_assert_null (load (f));
    all = problems_text (f);
    g_assert_cmpstr (all, ==,
                     "etc/80-a.conf:3: [line a] baud: given twice in this file: first in line 2\n"
                     "etc/80-a.conf:4: [nonsense] no such kind of group: expected one of [gateway], [line NAME], "
                     "[report NAME], [web]\n"
                     "etc/80-a.conf:2: [line a] baud: \"1\": expected a whole number from 300 to 38400 (baud)\n"
                     "etc/80-a.conf:1: [line a] device: missing: expected an absolute path\n"
                     "etc/80-a.conf:6: [line b] device: missing: expected an absolute path\n");
    g_assert_true (g_str_has_suffix (f->error->message, "first in line 2 (and 4 more)"));
}

static void problems_in_hidden_lines_do_not_matter_once_overridden (Fixture *f, gconstpointer data)
{
    g_autoptr (Config) config = NULL;

    put (f, 0, "10-a.conf", "[line a]\ndevice=/dev/a\nbaud=12\n");
    put (f, 2, "80-a.conf", "[line a]\nbaud=300\n");
    config = load_good (f);
    g_assert_cmpint (baud_of (config, "a"), ==, 300);
}

static void deprecated_keys_are_taken_with_a_warning (Fixture *f, gconstpointer data)
{
    g_autoptr (Config) config = NULL;
    g_autofree char *all = NULL;

    put (f, 2, "80-a.conf", "[gateway]\nold-name=x\n");
    config = load_good (f);
    all = problems_text (f);
    g_assert_cmpstr (all, ==,
                     "etc/80-a.conf:2: [gateway] old-name: is deprecated: see its help for what to use instead\n");
    g_assert_false (((ConfigProblem *) f->problems->pdata[0])->fatal);
}

static void a_group_whose_plugin_can_not_be_used_is_left_out (Fixture *f, gconstpointer data)
{
    g_autoptr (Config) config = NULL;
    g_autofree char *all = NULL;
    const ConfigGroup *const *groups;

    put (f, 2, "80-a.conf",
         "[report r]\nformat=broken\nwhatever=1\n[line a]\ndevice=/dev/a\nbaud=600\n[report s]\nformat=csv\n");
    config = load_good (f);
    all = problems_text (f);
    g_assert_cmpstr (all, ==,
                     "etc/80-a.conf:2: [report r] format: format-broken.so was refused; [report r] is left out\n");
    g_assert_null (config_find (config, "report", "r"));
    g_assert_nonnull (config_find (config, "report", "s"));
    g_assert_cmpuint (config_get_groups (config, "report", &groups), ==, 1);
    g_assert_cmpint (baud_of (config, "a"), ==, 600);
}

static void sizes_have_limits (Fixture *f, gconstpointer data)
{
    g_autofree char *long_value = g_strnfill (65 * 1024, 'a'),
                    *long_line = g_strdup_printf ("[gateway]\nname=%s\n", long_value);
    g_autofree char *large = g_strnfill (1024 * 1024 + 1, '\n');
    g_autoptr (GString) many = g_string_new (NULL);

    assert_refused (f, long_line, "etc/80-a.conf:2: the line is too long: expected at most 64 KiB\n");
    assert_refused (f, large, "etc/80-a.conf: the file is too large: expected at most 1 MiB\n");
    for (guint i = 0; i < 10001; i++)
        g_string_append_printf (many, "[line l%u]\ndevice=/dev/%u\n", i, i);
    assert_refused (f, many->str, "etc/80-a.conf:20001: [line l10000] too many groups: expected at most 10000\n");
}

/* ---- plugins' tables, secrets, differences, texts for people */

static void a_key_of_several_tables_needs_its_prefix (Fixture *f, gconstpointer data)
{
    g_autoptr (Config) config = NULL;
    const ConfigGroup *report;
    const char *file;
    guint at;

    put (f, 0, "10-r.conf",
         "[report r]\nformat=csv\nformat.separator=,\nformat.compress=yes\ntransport.compress=no\nretries=1\n");
    put (f, 2, "80-r.conf", "[report r]\nreport.retries=2\nseparator=\\t\n");
    config = load_good (f);
    report = config_find (config, "report", "r");
    g_assert_true (mg_config_get_bool (config_group_values_of (report, "format"), "compress"));
    g_assert_false (mg_config_get_bool (config_group_values_of (report, "transport"), "compress"));
    g_assert_cmpstr (mg_config_get_string (config_group_values_of (report, "format"), "separator"), ==, "\t");
    g_assert_cmpstr (mg_config_get_string (config_group_values_of (report, "transport"), "folder"), ==, "/srv");
    g_assert_cmpint (mg_config_get_int (config_group_values_of (report, "report"), "retries"), ==, 2);
    g_assert_null (config_group_values_of (report, "driver"));
    g_assert_true (mg_config_get_bool (config_group_values (report), "format.compress"));
    g_assert_true (config_group_origin (report, "retries", &file, &at));
    g_assert_true (g_str_has_suffix (file, "80-r.conf"));
    g_assert_cmpuint (at, ==, 2);
}

static GBytes *tell_secret (gpointer data, const char *kind, const char *name, const char *key, const char *reference,
                            GError **error)
{
    g_autofree char *text = g_strdup_printf ("%s %s %s %s", kind, name, key, reference);

    return g_bytes_new (text, strlen (text));
}

static void secrets_know_whose_they_are (Fixture *f, gconstpointer data)
{
    g_autoptr (Config) config = NULL;
    g_autoptr (MgConfig) kept = NULL;
    g_autoptr (GBytes) secret = NULL;

    put (f, 2, "80-r.conf", "[report r]\nformat=csv\npassword=credential:ftp\n");
    config = load_good (f);
    config_set_secrets (config, tell_secret, NULL);
    kept = mgh_config_ref (config_group_values_of (config_find (config, "report", "r"), "transport"));
    g_clear_pointer (&config, config_unref);
    secret = mg_config_read_secret (kept, "password", &f->error);
    g_assert_no_error (f->error);
    g_assert_cmpmem (g_bytes_get_data (secret, NULL), g_bytes_get_size (secret), "report r password credential:ftp",
                     32);
}

static Config *load_text_good (const char *text)
{
    g_autofree ConfigKind *passing = g_memdup2 (kinds, sizeof kinds); /* the array need not stay */
    g_autoptr (GError) error = NULL;
    Config *config = config_load_text ("a.conf", text, strlen (text), passing, G_N_ELEMENTS (kinds), NULL, &error);

    g_assert_no_error (error);
    return config;
}

static void assert_differences (const char *a, const char *b, const char *expected)
{
    g_autoptr (Config) one = load_text_good (a), two = load_text_good (b);
    g_autoptr (GPtrArray) titles = config_differences (one, two);
    g_autofree char *joined = NULL;

    g_ptr_array_add (titles, NULL);
    joined = g_strjoinv (",", (char **) titles->pdata);
    g_assert_cmpstr (joined, ==, expected);
}

static void differences_name_the_groups (Fixture *f, gconstpointer data)
{
    const char *a = "[line a]\ndevice=/a\n[line b]\ndevice=/b\n[report r]\nformat=csv\npassword=stored:1\n";

    assert_differences (a, a, "");
    assert_differences (
        a, "[line b]\n# moved\ndevice= /b\n[line a]\nbaud=2400\ndevice=/a\n[report r]\nformat=csv\npassword=stored:1\n",
        "");
    assert_differences (a,
                        "[line a]\ndevice=/a\nbaud=300\n[report r]\nformat=csv\npassword=stored:2\n[line "
                        "c]\ndevice=/c\n[gateway]\nname=x\n",
                        "line a,line b,report r,gateway,line c");
}

static void the_merged_result_is_shown_with_origins_and_reads_back (Fixture *f, gconstpointer data)
{
    const char *text = "[line a]\ndevice=/dev/a\n\n[report r]\nformat=csv\nseparator=\\t\npassword=stored\n";
    const char *good = "[line a]\ndevice=/dev/a\n[report r]\nformat=csv\nseparator=\\t\nformat.compress=1\n";
    g_autoptr (Config) config = load_text_good (text), first = load_text_good (good), again = NULL;
    g_autofree char *shown = config_show (config, FALSE), *all = config_show (first, TRUE);
    g_autoptr (GPtrArray) titles = NULL;

    g_assert_cmpstr (
        shown, ==,
        "# a.conf:1\n[line a]\n# a.conf:2\ndevice=/dev/a\n"
        "\n# a.conf:4\n[report r]\n# a.conf:5\nformat=csv\n# a.conf:6\nseparator=\\t\n# a.conf:7\npassword=***\n");
    g_assert_nonnull (strstr (all, "# default\nbaud=2400\n"));
    g_assert_nonnull (strstr (all, "# in no file\n[gateway]\n# default\nname=gateway\n"));
    again = load_text_good (all);
    titles = config_differences (first, again);
    g_assert_cmpuint (titles->len, ==, 0);
}

static void a_drop_in_shows_every_option_and_holds_when_uncommented (Fixture *f, gconstpointer data)
{
    const MgTable tables[] = { MG_TABLE (line_settings), MG_TABLE (file_settings) };
    g_autofree char *text = config_drop_in ("line", "rs485-1", tables, 2), *gateway = NULL;
    g_autoptr (GString) live = g_string_new (NULL);
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
    g_autoptr (Config) config = NULL;

    g_assert_true (g_str_has_prefix (
        text, "#[line rs485-1]\n\n# Speed\n# A whole number from 300 to 38400 (baud); default 2400\n#baud=2400\n"));
    g_assert_nonnull (strstr (text, "# Device\n# An absolute path; required\n#device=\n"));
    g_assert_nonnull (strstr (text, "# First words.\n#\n# Second words.\n#folder=/srv\n"));
    g_assert_nonnull (strstr (text, "# A secret: credential:NAME or stored, for text\n#password=\n"));
    for (guint i = 0; lines[i] != NULL; i++) {
        if (g_str_has_prefix (lines[i], "#[") || g_str_has_prefix (lines[i], "#baud"))
            g_string_append_printf (live, "%s\n", lines[i] + 1);
    }
    g_string_append (live, "device=/dev/a\n");
    config = load_text_good (live->str);
    g_assert_cmpint (baud_of (config, "rs485-1"), ==, 2400);
    gateway = config_drop_in ("gateway", NULL, &kinds[0].table, 1);
    g_assert_true (g_str_has_prefix (gateway, "[gateway]\n\n# Name\n"));
    g_assert_null (strstr (gateway, "old-name"));
}

static void every_truncation_is_right_or_refused (Fixture *f, gconstpointer data)
{
    const char *text =
        "\xef\xbb\xbf# ä remark\r\n[line a]\ndevice=/dev/ä\nbaud = 600\n\n[report r]\nformat=csv\nseparator=\\;a\\\\\n"
        "format.compress=yes\n[gateway]\nname=größe\n";
    gsize len = strlen (text);
    guint good = 0;

    for (gsize cut = 0; cut <= len; cut++) {
        g_autofree char *copy = g_memdup2 (text, MAX (cut, 1)); /* so that a read past the end is seen */
        g_autoptr (GError) error = NULL;
        g_autoptr (Config) config = config_load_text ("a.conf", copy, cut, kinds, G_N_ELEMENTS (kinds), NULL, &error);

        g_assert_true ((config == NULL) == (error != NULL));
        good += config != NULL;
    }
    g_assert_cmpuint (good, >, 20);
    g_assert_cmpuint (good, <, len);
}

#define ADD(path, func) g_test_add ("/config/" path, Fixture, NULL, set_up, func, tear_down)

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    ADD ("files-are-read-in-the-order-of-their-names", files_are_read_in_the_order_of_their_names_over_all_folders);
    ADD ("a-file-hides-one-of-the-same-name-below", a_file_hides_one_of_the_same_name_below);
    ADD ("a-link-to-dev-null-switches-a-file-off", a_link_to_dev_null_switches_a_file_off);
    ADD ("folders-that-are-not-there-are-empty", folders_that_are_not_there_are_empty);
    ADD ("what-is-no-file-is-refused-without-waiting", what_is_no_file_is_refused_without_waiting);
    ADD ("each-fault-has-file-line-and-what-was-expected", each_fault_has_file_line_and_what_was_expected);
    ADD ("all-problems-are-told", all_problems_are_told_and_the_error_tells_the_first);
    ADD ("overridden-faults-do-not-matter", problems_in_hidden_lines_do_not_matter_once_overridden);
    ADD ("deprecated-keys-are-taken-with-a-warning", deprecated_keys_are_taken_with_a_warning);
    ADD ("a-group-whose-plugin-is-refused-is-left-out", a_group_whose_plugin_can_not_be_used_is_left_out);
    ADD ("sizes-have-limits", sizes_have_limits);
    ADD ("a-key-of-several-tables-needs-its-prefix", a_key_of_several_tables_needs_its_prefix);
    ADD ("secrets-know-whose-they-are", secrets_know_whose_they_are);
    ADD ("differences-name-the-groups", differences_name_the_groups);
    ADD ("the-merged-result-is-shown-with-origins", the_merged_result_is_shown_with_origins_and_reads_back);
    ADD ("a-drop-in-shows-every-option", a_drop_in_shows_every_option_and_holds_when_uncommented);
    ADD ("every-truncation-is-right-or-refused", every_truncation_is_right_or_refused);
    return g_test_run ();
}
