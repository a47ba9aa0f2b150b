/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* folder.c: finds and reads drop-ins: order of names over all folders, hiding, links to /dev/null. */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static gboolean name_counts (const char *name)
{
    return name[0] != '.' && g_str_has_suffix (name, ".conf");
}

static gboolean is_switched_off (const char *path)
{
    struct stat st;

    return stat (path, &st) == 0 && S_ISCHR (st.st_mode) && st.st_rdev == makedev (1, 3); /* /dev/null */
}

/* What a higher folder has replaces what a lower one had under that name. */
static void folder_scan (const char *folder, GHashTable *paths, FolderProblem problem, gpointer data)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
    const char *name;

    if (dir == NULL) {
        if (!g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            problem (data, folder, error->message);
        return;
    }
    while ((name = g_dir_read_name (dir)) != NULL) {
        if (name_counts (name))
            g_hash_table_insert (paths, g_strdup (name), g_build_filename (folder, name, NULL));
    }
}

GPtrArray *folder_list (const char *const *folders, FolderProblem problem, gpointer data)
{
    g_autoptr (GHashTable) paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr (GList) names = NULL;
    GPtrArray *list = g_ptr_array_new_with_free_func (g_free);

    for (guint i = 0; folders[i] != NULL; i++)
        folder_scan (folders[i], paths, problem, data);
    names = g_list_sort (g_hash_table_get_keys (paths), (GCompareFunc) strcmp);
    for (GList *n = names; n != NULL; n = n->next) {
        const char *path = g_hash_table_lookup (paths, n->data);

        if (!is_switched_off (path))
            g_ptr_array_add (list, g_strdup (path));
    }
    return list;
}

static char *read_all (int fd, gsize most, gsize *len)
{
    g_autofree char *text = g_malloc (most + 1);
    gsize have = 0;

    while (have < most + 1) {
        ssize_t n = read (fd, text + have, most + 1 - have);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return NULL;
        if (n == 0)
            break;
        have += (gsize) n;
    }
    *len = have;
    return g_realloc (g_steal_pointer (&text), have + 1);
}

char *folder_read_file (const char *path, gsize most, gsize *len, char **why)
{
    /* a named pipe must not hold up the start */
    int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char *text = NULL;
    struct stat st;

    if (fd < 0 || fstat (fd, &st) != 0) {
        *why = g_strdup_printf ("cannot be opened: %s", g_strerror (errno));
    } else if (!S_ISREG (st.st_mode)) {
        *why = g_strdup ("is not a file: expected a regular file or a link to one");
    } else {
        text = read_all (fd, most, len);
        if (text == NULL)
            *why = g_strdup_printf ("cannot be read: %s", g_strerror (errno));
    }
    if (fd >= 0)
        close (fd);
    return text;
}
