/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* folder.c: a scratch folder of plugins for the tests of this room. */
#include "folder.h"

#include <glib/gstdio.h>

static void folder_on_event (gpointer data, const JournalEvent *event)
{
    PluginFolder *folder = data;
    g_autofree char *text = journal_text (folder->journal, event->code, event->params);

    g_ptr_array_add (folder->events, g_strdup_printf ("%s %s %s", event->code, event->subject, text));
}

void folder_open (PluginFolder *folder)
{
    folder->path = g_dir_make_tmp ("plugins-XXXXXX", NULL);
    folder->journal = journal_new (NULL);
    folder->events = g_ptr_array_new_with_free_func (g_free);
    journal_listen (folder->journal, folder_on_event, folder);
}

void folder_close (PluginFolder *folder)
{
    GDir *dir = g_dir_open (folder->path, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *path = g_build_filename (folder->path, name, NULL);

        g_assert_cmpint (g_remove (path), ==, 0);
    }
    g_dir_close (dir);
    g_assert_cmpint (g_rmdir (folder->path), ==, 0);
    journal_free (folder->journal);
    g_ptr_array_unref (folder->events);
    g_free (folder->path);
}

char *folder_put_bytes (PluginFolder *folder, const char *as, const char *bytes, gsize len)
{
    char *path = g_build_filename (folder->path, as, NULL);

    g_assert_true (g_file_set_contents (path, bytes, (gssize) len, NULL));
    g_assert_cmpint (g_chmod (path, 0644), ==, 0);
    return path;
}

char *folder_put (PluginFolder *folder, const char *module, const char *as)
{
    g_autofree char *file = g_strconcat (module, ".so", NULL);
    g_autofree char *from = g_build_filename (g_getenv ("METERGATE_TEST_BAD"), file, NULL), *bytes = NULL;
    gsize len;

    g_assert_true (g_file_get_contents (from, &bytes, &len, NULL));
    return folder_put_bytes (folder, as, bytes, len);
}

guint folder_count_events (const PluginFolder *folder, const char *pattern)
{
    guint n = 0;

    for (guint i = 0; i < folder->events->len; i++)
        n += g_pattern_match_simple (pattern, g_ptr_array_index (folder->events, i));
    return n;
}
