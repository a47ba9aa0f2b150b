/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-room.c: good plugins load, bad ones are refused in one line: file, reason, remedy. */
#include <plugin/plugin.h>

#include "folder.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    PluginFolder folder;
    char *cache;
    PluginRoom *room;
} Fixture;

static void set_up (Fixture *f, gconstpointer data)
{
    folder_open (&f->folder);
    f->cache = g_build_filename (f->folder.path, "verdicts", NULL);
}

static void tear_down (Fixture *f, gconstpointer data)
{
    g_clear_pointer (&f->room, plugin_room_free);
    g_chmod (f->folder.path, 0700);
    folder_close (&f->folder);
    g_free (f->cache);
}

static void put (Fixture *f, const char *module, const char *as)
{
    g_free (folder_put (&f->folder, module, as));
}

static void scan_with (Fixture *f, const char *const *disabled, const char *probe)
{
    const char *const folders[] = { "/nonexistent/plugins", f->folder.path, NULL };
    PluginOptions options = { .folders = folders,
                              .cache_file = f->cache,
                              .extra_owner = geteuid (),
                              .disabled = disabled,
                              .probe = probe,
                              .probe_timeout_ms = 300 };

    g_clear_pointer (&f->room, plugin_room_free);
    f->room = plugin_room_new (&options, f->folder.journal);
    plugin_room_scan (f->room);
}

/* With time enough for a loaded machine: only what hangs is waited for. */
static void scan_patiently (Fixture *f, guint timeout_ms)
{
    const char *const folders[] = { f->folder.path, NULL };
    PluginOptions options = { .folders = folders,
                              .cache_file = f->cache,
                              .extra_owner = geteuid (),
                              .probe = g_getenv ("METERGATE_TEST_PROBE"),
                              .probe_timeout_ms = timeout_ms };

    g_clear_pointer (&f->room, plugin_room_free);
    f->room = plugin_room_new (&options, f->folder.journal);
    plugin_room_scan (f->room);
}

static void scan (Fixture *f)
{
    scan_patiently (f, 60000);
}

static const PluginInfo *info_of (Fixture *f, const char *file)
{
    const PluginInfo *infos;
    guint n = plugin_room_list (f->room, &infos);

    for (guint i = 0; i < n; i++)
        if (strcmp (infos[i].file, file) == 0)
            return &infos[i];
    return NULL;
}

/* The file is in the list with this reason (a pattern) and remedy, and the event says the same in one line. */
static void assert_refused (Fixture *f, const char *file, const char *reason, const char *remedy)
{
    const PluginInfo *info = info_of (f, file);
    g_autofree char *line =
        g_strdup_printf ("plugin.refused plugin:%s *%s refused: %s; *%s*", file, file, reason, remedy);
    gboolean told = FALSE;

    g_assert_nonnull (info);
    g_test_message ("%s: %s; %s", info->file, info->reason ? info->reason : "accepted",
                    info->remedy ? info->remedy : "");
    g_assert_false (info->accepted);
    g_assert_null (info->module);
    g_assert_true (g_pattern_match_simple (reason, info->reason));
    g_assert_nonnull (strstr (info->remedy, remedy));
    for (guint i = 0; i < f->folder.events->len; i++)
        told |= g_pattern_match_simple (line, g_ptr_array_index (f->folder.events, i)) &&
                strchr (g_ptr_array_index (f->folder.events, i), '\n') == NULL;
    g_assert_true (told);
}

static void assert_accepted (Fixture *f, const char *file)
{
    const PluginInfo *info = info_of (f, file);

    g_assert_nonnull (info);
    g_assert_cmpstr (info->reason, ==, NULL);
    g_assert_true (info->accepted);
    g_assert_nonnull (info->module);
}

static void refuse_one (Fixture *f, const char *name, const char *reason, const char *remedy)
{
    g_autofree char *file = g_strdup_printf ("driver-%s.so", name);

    put (f, "good", "driver-good.so");
    put (f, name, file);
    scan (f);
    assert_accepted (f, "driver-good.so"); /* the rest goes on */
    assert_refused (f, file, reason, remedy);
}

static void good_plugin_is_accepted_and_found (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL;
    const PluginFeature *feature;

    put (f, "good", "driver-good.so");
    scan (f);
    assert_accepted (f, "driver-good.so");
    g_assert_cmpuint (f->folder.events->len, ==, 0);
    feature = plugin_room_find (f->room, MG_KIND_DRIVER, "good", &error);
    g_assert_no_error (error);
    g_assert_cmpstr (plugin_feature_name (feature), ==, "good");
    g_assert_cmpstr (plugin_feature_plugin (feature), ==, "driver-good");
    g_assert_cmpuint (plugin_feature_kind (feature), ==, MG_KIND_DRIVER);
    g_assert_nonnull (plugin_feature_driver (feature)->read);
    g_assert_null (plugin_feature_driver (feature)->scan);
    g_assert_null (plugin_feature_format (feature));
    g_assert_nonnull (journal_find_code (f->folder.journal, "good.thing"));
}

static void unknown_name_says_which_there_are (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL;

    put (f, "good", "driver-good.so");
    put (f, "nosymbol", "driver-nosymbol.so");
    scan (f);
    g_assert_null (plugin_room_find (f->room, MG_KIND_DRIVER, "gud", &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
    g_assert_cmpstr (error->message, ==, "no driver \"gud\", there are: good");
    g_clear_error (&error);
    g_assert_null (plugin_room_find (f->room, MG_KIND_FORMAT, "good", &error));
    g_assert_cmpstr (error->message, ==, "no format \"good\", there are: none");
    g_clear_error (&error);
    g_assert_null (plugin_room_find (f->room, MG_KIND_DRIVER, "nosymbol", &error));
    g_assert_true (g_str_has_prefix (error->message, "driver-nosymbol.so was refused: it does not export mg_module; "));
}

static void wrong_abi_is_refused (Fixture *f, gconstpointer data)
{
    refuse_one (f, "abi", "built for ABI 7.3, this gateway has 0.?", "build it anew against this gateway's SDK");
}

static void plugin_of_an_older_sdk_is_refused (Fixture *f, gconstpointer data)
{
    /* while the major is 0; from 1.0 on it is accepted */
    refuse_one (f, "old", "built for ABI 0.0, this gateway has 0.1", "build it anew against this gateway's SDK");
}

static void missing_symbol_is_refused (Fixture *f, gconstpointer data)
{
    refuse_one (f, "nosymbol", "it does not export mg_module", "no Metergate plugin");
}

static void undefined_symbol_is_refused_with_its_name (Fixture *f, gconstpointer data)
{
    refuse_one (f, "undefined", "undefined symbol: mg_not_of_this_world*", "install what it needs");
}

static void short_struct_is_refused (Fixture *f, gconstpointer data)
{
    refuse_one (f, "short", "driver short: MgDriverOps has * bytes, expected *", "fault of the plugin");
}

static void duplicate_name_is_refused_and_the_first_wins (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL;

    refuse_one (f, "twice", "driver good is there already, from driver-good.so", "remove one of the two");
    g_assert_nonnull (plugin_room_find (f->room, MG_KIND_DRIVER, "good", &error));
    g_assert_null (plugin_room_find (f->room, MG_KIND_DRIVER, "twice", NULL));
}

static void taken_event_code_is_refused (Fixture *f, gconstpointer data)
{
    refuse_one (f, "zevents", "*good.thing*", "remove one of the two");
}

static void duplicate_setting_is_refused (Fixture *f, gconstpointer data)
{
    refuse_one (f, "settings", "driver settings: device_settings: key \"address\" is there twice",
                "fault of the plugin");
}

static void crash_at_load_is_refused (Fixture *f, gconstpointer data)
{
    /* SIGSEGV, or what a sanitizer makes of it */
    refuse_one (f, "ctor-crash", "it crashes at load: SIG*", "replace the file");
}

static void exit_at_load_is_refused (Fixture *f, gconstpointer data)
{
    refuse_one (f, "ctor-exit", "it ends the process at load: exit status 0", "replace the file");
}

static void endless_load_is_killed_and_refused (Fixture *f, gconstpointer data)
{
    put (f, "ctor-hang", "driver-ctor-hang.so");
    scan_patiently (f, 300);
    assert_refused (f, "driver-ctor-hang.so", "it does not load within 300 ms", "replace the file");
}

static void another_name_than_its_features_is_refused (Fixture *f, gconstpointer data)
{
    put (f, "good", "driver-best.so");
    scan (f);
    assert_refused (f, "driver-best.so", "it holds driver-good, but nothing that is named like the file",
                    "rename the file");
}

static void name_without_kind_is_refused (Fixture *f, gconstpointer data)
{
    put (f, "good", "good.so");
    put (f, "good", "tractor-good.so");
    put (f, "good", "driver-.so");
    put (f, "good", "driver-good.so.old"); /* not even looked at */
    scan (f);
    assert_refused (f, "good.so", "its name is not *", "name it after its kind and feature");
    assert_refused (f, "tractor-good.so", "its name is not *", "name it after its kind and feature");
    assert_refused (f, "driver-.so", "its name is not *", "name it after its kind and feature");
    g_assert_null (info_of (f, "driver-good.so.old"));
}

static void garbage_and_empty_files_are_refused (Fixture *f, gconstpointer data)
{
    g_autofree char *text = g_strnfill (4096, '!');
    g_autofree char *garbage = folder_put_bytes (&f->folder, "driver-garbage.so", text, 4096);
    g_autofree char *empty = folder_put_bytes (&f->folder, "driver-empty.so", "", 0);

    scan (f);
    assert_refused (f, "driver-garbage.so", "invalid ELF header", "install what it needs");
    assert_refused (f, "driver-empty.so", "file too short", "install what it needs");
}

static void every_truncation_of_a_plugin_is_refused_or_loads (Fixture *f, gconstpointer data)
{
    g_autofree char *from = g_build_filename (g_getenv ("METERGATE_TEST_BAD"), "good.so", NULL), *bytes = NULL;
    gsize len;

    g_assert_true (g_file_get_contents (from, &bytes, &len, NULL));
    for (guint i = 1; i < 8; i++) {
        g_autofree char *path = folder_put_bytes (&f->folder, "driver-good.so", bytes, len * i / 8);

        scan (f);
        g_assert_nonnull (info_of (f, "driver-good.so"));
        g_assert_cmpuint (g_remove (path), ==, 0);
    }
}

static void file_that_others_may_write_is_refused (Fixture *f, gconstpointer data)
{
    g_autofree char *path = g_build_filename (f->folder.path, "driver-good.so", NULL);

    put (f, "good", "driver-good.so");
    g_chmod (path, 0646);
    scan (f);
    assert_refused (f, "driver-good.so", "the file is writable by everybody (mode 0646)", "chmod go-w");
    g_chmod (path, 0664);
    scan (f);
    assert_refused (f, "driver-good.so", "the file is writable by its group (mode 0664)", "chmod go-w");
    g_chmod (path, 0644);
    plugin_room_scan (f->room);
    assert_accepted (f, "driver-good.so");
}

static void file_of_somebody_else_is_refused (Fixture *f, gconstpointer data)
{
    g_autofree char *path = g_build_filename (f->folder.path, "driver-good.so", NULL);

    if (geteuid () != 0) {
        g_test_skip ("only root can give a file away");
        return;
    }
    put (f, "good", "driver-good.so");
    g_assert_cmpint (chown (path, 12345, 12345), ==, 0);
    scan (f);
    assert_refused (f, "driver-good.so", "the file belongs to user 12345, expected root*", "chown root");
}

static void folder_that_others_may_write_is_refused (Fixture *f, gconstpointer data)
{
    g_autofree char *name = g_path_get_basename (f->folder.path);

    put (f, "good", "driver-good.so");
    g_chmod (f->folder.path, 0777);
    scan (f);
    assert_refused (f, name, "the folder is writable by everybody (mode 0777)", "chmod go-w");
    g_assert_null (info_of (f, "driver-good.so"));
}

static void link_is_refused (Fixture *f, gconstpointer data)
{
    g_autofree char *from = g_build_filename (g_getenv ("METERGATE_TEST_BAD"), "good.so", NULL);
    g_autofree char *path = g_build_filename (f->folder.path, "driver-good.so", NULL);

    g_assert_cmpint (symlink (from, path), ==, 0);
    scan (f);
    assert_refused (f, "driver-good.so", "it is a link", "as a plain file");
}

static void switched_off_plugin_is_listed_but_not_loaded (Fixture *f, gconstpointer data)
{
    const char *const disabled[] = { "driver-good", NULL };
    const char *const by_feature[] = { "good", NULL };

    put (f, "good", "driver-good.so");
    scan_with (f, disabled, g_getenv ("METERGATE_TEST_PROBE"));
    g_assert_cmpstr (info_of (f, "driver-good.so")->reason, ==, "it is switched off");
    scan_with (f, by_feature, g_getenv ("METERGATE_TEST_PROBE"));
    g_assert_cmpstr (info_of (f, "driver-good.so")->reason, ==, "it is switched off");
    g_assert_cmpuint (f->folder.events->len, ==, 0); /* a person knows */
}

static void missing_probe_is_said (Fixture *f, gconstpointer data)
{
    put (f, "good", "driver-good.so");
    scan_with (f, NULL, "/nonexistent/metergate-probe");
    assert_refused (f, "driver-good.so", "/nonexistent/metergate-probe: No such file or directory",
                    "install Metergate anew");
}

static void later_scan_finds_what_came_and_repeats_no_event (Fixture *f, gconstpointer data)
{
    const PluginFeature *before;

    put (f, "nosymbol", "driver-nosymbol.so");
    put (f, "twice", "driver-twice.so");
    scan (f);
    before = plugin_room_find (f->room, MG_KIND_DRIVER, "twice", NULL);
    put (f, "liar", "driver-liar.so");
    plugin_room_scan (f->room);
    assert_accepted (f, "driver-liar.so");
    assert_accepted (f, "driver-twice.so");
    g_assert_true (plugin_room_find (f->room, MG_KIND_DRIVER, "twice", NULL) == before);
    g_assert_cmpuint (f->folder.events->len, ==, 1);
}

static void file_that_changed_after_it_was_loaded_is_said_once (Fixture *f, gconstpointer data)
{
    put (f, "good", "driver-good.so");
    scan (f);
    plugin_room_scan (f->room);
    g_assert_cmpuint (f->folder.events->len, ==, 0);
    put (f, "good", "driver-good.so"); /* as an upgrade does */
    plugin_room_scan (f->room);
    plugin_room_scan (f->room);
    assert_accepted (f, "driver-good.so");
    g_assert_cmpuint (f->folder.events->len, ==, 1);
    g_assert_true (g_str_has_prefix (g_ptr_array_index (f->folder.events, 0), "plugin.changed plugin:driver-good "));
}

int main (int argc, char **argv)
{
#define TEST(name) g_test_add ("/plugin/room/" #name, Fixture, NULL, set_up, name, tear_down)
    g_test_init (&argc, &argv, NULL);
    TEST (good_plugin_is_accepted_and_found);
    TEST (unknown_name_says_which_there_are);
    TEST (wrong_abi_is_refused);
    TEST (plugin_of_an_older_sdk_is_refused);
    TEST (missing_symbol_is_refused);
    TEST (undefined_symbol_is_refused_with_its_name);
    TEST (short_struct_is_refused);
    TEST (duplicate_name_is_refused_and_the_first_wins);
    TEST (taken_event_code_is_refused);
    TEST (duplicate_setting_is_refused);
    TEST (crash_at_load_is_refused);
    TEST (exit_at_load_is_refused);
    TEST (endless_load_is_killed_and_refused);
    TEST (another_name_than_its_features_is_refused);
    TEST (name_without_kind_is_refused);
    TEST (garbage_and_empty_files_are_refused);
    TEST (every_truncation_of_a_plugin_is_refused_or_loads);
    TEST (file_that_others_may_write_is_refused);
    TEST (file_of_somebody_else_is_refused);
    TEST (folder_that_others_may_write_is_refused);
    TEST (link_is_refused);
    TEST (switched_off_plugin_is_listed_but_not_loaded);
    TEST (missing_probe_is_said);
    TEST (later_scan_finds_what_came_and_repeats_no_event);
    TEST (file_that_changed_after_it_was_loaded_is_said_once);
    return g_test_run ();
}
