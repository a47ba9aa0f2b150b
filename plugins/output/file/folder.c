/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* folder.c: files below one folder, whole or not at all, and what retention removes of them. */
#include <metergate.h>

#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES     65536
#define MAX_COMPONENTS 8
#define DIGITS_OF_HASH 8
#define MS_PER_DAY     G_GINT64_CONSTANT (86400000)

G_GNUC_PRINTF (3, 4)
static gboolean folder_error (GError **error, int number, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start (args, fmt);
    text = g_strdup_vprintf (fmt, args);
    va_end (args);
    g_set_error (error, MG_ERROR, MG_ERROR_IO, "%s: %s", text, g_strerror (number));
    return FALSE;
}

static gboolean folder_component_good (const char *component)
{
    if (*component == '\0' || g_str_equal (component, ".") || g_str_equal (component, "..") || strlen (component) > 200)
        return FALSE;
    for (const char *at = component; *at != '\0'; at++)
        if ((guchar) *at < 0x20 || *at == 0x7F || *at == '\\')
            return FALSE;
    return TRUE;
}

gboolean folder_name_good (const char *name)
{
    g_auto (GStrv) components = g_strsplit (name, "/", -1);
    guint n = g_strv_length (components);

    for (guint i = 0; i < n; i++)
        if (!folder_component_good (components[i]))
            return FALSE;
    return n >= 1 && n <= MAX_COMPONENTS;
}

/* a descriptor of parent/component, made when it is not there (and then synced into its parent); -1 */
static int folder_enter (int parent, const char *component, GError **error)
{
    int fd;

    if (mkdirat (parent, component, 0777) == 0) {
        if (fsync (parent) != 0) {
            folder_error (error, errno, "sync of the folder that holds %s", component);
            return -1;
        }
    } else if (errno != EEXIST) {
        folder_error (error, errno, "cannot make folder %s", component);
        return -1;
    }
    fd = openat (parent, component, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        folder_error (error, errno, "cannot enter folder %s", component);
    return fd;
}

/* the folder that the last component of `name` lies in; *last points to it */
static int folder_descend (const char *folder, const char *name, const char **last, GError **error)
{
    g_auto (GStrv) components = g_strsplit (name, "/", -1);
    int fd;

    if (g_mkdir_with_parents (folder, 0777) != 0) {
        folder_error (error, errno, "cannot make folder %s", folder);
        return -1;
    }
    fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        folder_error (error, errno, "cannot enter folder %s", folder);
    for (guint i = 0; fd >= 0 && components[i + 1] != NULL; i++) {
        int next = folder_enter (fd, components[i], error);
        close (fd);
        fd = next;
    }
    *last = strrchr (name, '/') != NULL ? strrchr (name, '/') + 1 : name;
    return fd;
}

static gssize folder_read_all (int fd, guint8 *buf, gsize max)
{
    gsize have = 0;

    while (have < max) {
        gssize n = read (fd, buf + have, max - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        have += (gsize) n;
    }
    return (gssize) have;
}

/* Is there a file of that name with just these bytes? The stream is at its start before and after. */
static gboolean folder_equal (int dir, const char *last, GInputStream *stream, guint64 size, GCancellable *cancellable)
{
    g_autofree guint8 *ours = g_malloc (COPY_BYTES), *theirs = g_malloc (COPY_BYTES);
    int fd = openat (dir, last, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    gboolean equal = FALSE;

    if (fd >= 0 && fstat (fd, &status) == 0 && S_ISREG (status.st_mode) && (guint64) status.st_size == size) {
        gsize n = COPY_BYTES;
        equal = TRUE;
        while (equal && n == COPY_BYTES) {
            equal = g_input_stream_read_all (stream, ours, COPY_BYTES, &n, cancellable, NULL) &&
                    folder_read_all (fd, theirs, n) == (gssize) n && memcmp (ours, theirs, n) == 0;
        }
        equal = g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, cancellable, NULL) && equal;
    }
    if (fd >= 0)
        close (fd);
    return equal;
}

static gboolean folder_write_all (int fd, const guint8 *bytes, gsize len)
{
    while (len > 0) {
        gssize n = write (fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return FALSE;
        bytes += n;
        len -= (gsize) n;
    }
    return TRUE;
}

static gboolean folder_copy (int fd, const char *part, GInputStream *stream, guint64 size, GCancellable *cancellable,
                             GError **error)
{
    g_autofree guint8 *buf = g_malloc (COPY_BYTES);
    guint64 copied = 0;

    for (;;) {
        gssize n = g_input_stream_read (stream, buf, COPY_BYTES, cancellable, error);
        if (n < 0 || g_cancellable_set_error_if_cancelled (cancellable, error)) /* not every stream looks */
            return FALSE;
        if (n == 0)
            break;
        if (!folder_write_all (fd, buf, (gsize) n))
            return folder_error (error, errno, "write to %s after %" G_GUINT64_FORMAT " bytes", part, copied);
        copied += (guint64) n;
    }
    if (copied != size) {
        g_set_error (error, MG_ERROR, MG_ERROR_IO,
                     "%s: the spool gave %" G_GUINT64_FORMAT " bytes, expected %" G_GUINT64_FORMAT, part, copied, size);
        return FALSE;
    }
    if (fsync (fd) != 0)
        return folder_error (error, errno, "sync of %s", part);
    return TRUE;
}

static gboolean folder_write_part (int dir, const char *part, GInputStream *stream, guint64 size, guint32 mode,
                                   GCancellable *cancellable, GError **error)
{
    int fd;

    if (unlinkat (dir, part, 0) != 0 && errno != ENOENT)
        return folder_error (error, errno, "cannot remove an older %s", part);
    fd = openat (dir, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return folder_error (error, errno, "cannot make %s", part);
    gboolean good = folder_copy (fd, part, stream, size, cancellable, error);
    if (close (fd) != 0 && good)
        good = folder_error (error, errno, "close of %s", part);
    if (!good)
        unlinkat (dir, part, 0);
    return good;
}

gboolean folder_put (const char *folder, const char *name, GInputStream *stream, guint64 size, guint32 mode,
                     GCancellable *cancellable, gboolean *already, GError **error)
{
    const char *last;
    gboolean good = TRUE;
    int dir;

    if (!folder_name_good (name)) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "name '%s': expected a relative path without '..'", name);
        return FALSE;
    }
    dir = folder_descend (folder, name, &last, error);
    if (dir < 0)
        return FALSE;
    g_autofree char *part = g_strconcat (last, ".part", NULL);
    *already = folder_equal (dir, last, stream, size, cancellable);
    if (!*already) {
        good = folder_write_part (dir, part, stream, size, mode, cancellable, error);
        if (good && renameat (dir, part, dir, last) != 0) {
            good = folder_error (error, errno, "cannot rename %s to %s", part, last);
            unlinkat (dir, part, 0);
        }
    }
    /* also when it was there already: the rename may be the last thing that an earlier process did */
    if (good && fsync (dir) != 0)
        good = folder_error (error, errno, "sync of the folder of %s", last);
    close (dir);
    return good;
}

typedef struct {
    char *path; /* below the folder */
    gint64 modified_ms, bytes;
} FolderFile;

static void folder_file_clear (gpointer data)
{
    g_free (((FolderFile *) data)->path);
}

static gint folder_file_compare (gconstpointer a, gconstpointer b)
{
    const FolderFile *x = a, *y = b;

    if (x->modified_ms != y->modified_ms)
        return x->modified_ms < y->modified_ms ? -1 : 1;
    return strcmp (x->path, y->path);
}

static const char *folder_skip (const char *at, gboolean (*is) (gchar c), gsize *n)
{
    const char *from = at;

    while (*at != '\0' && is (*at))
        at++;
    *n = (gsize) (at - from);
    return at;
}

static gboolean is_digit (gchar c)
{
    return g_ascii_isdigit (c);
}

static gboolean is_hex (gchar c)
{
    return g_ascii_isxdigit (c);
}

/* the shape of what the host calls a report's files: nothing else in a shared folder is ours to remove */
static gboolean folder_is_ours (const char *name, const char *prefix)
{
    gsize n;

    if (!g_str_has_prefix (name, prefix) || g_str_has_suffix (name, ".part"))
        return FALSE;
    name = folder_skip (name + strlen (prefix), is_digit, &n);
    if (n == 0 || *name++ != '-')
        return FALSE;
    name = folder_skip (name, is_digit, &n);
    if (n == 0 || *name++ != '-')
        return FALSE;
    name = folder_skip (name, is_hex, &n);
    return n == DIGITS_OF_HASH && (*name == '.' || *name == '-' || *name == '\0');
}

static void folder_collect (const char *folder, const char *below, const char *prefix, GArray *files)
{
    g_autofree char *path = g_build_filename (folder, below, NULL);
    g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *full = g_build_filename (path, name, NULL);
        struct stat status;

        if (!folder_is_ours (name, prefix) || lstat (full, &status) != 0 || !S_ISREG (status.st_mode))
            continue;
        FolderFile file = { .path = g_build_filename (below, name, NULL),
                            .modified_ms = (gint64) status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1000000,
                            .bytes = status.st_size };
        g_array_append_val (files, file);
    }
}

static gboolean all_digits (const char *name, gsize len)
{
    gsize n;

    return *folder_skip (name, is_digit, &n) == '\0' && n == len;
}

static GArray *folder_files (const char *folder, const char *prefix)
{
    GArray *files = g_array_new (FALSE, FALSE, sizeof (FolderFile));
    g_autoptr (GDir) years = g_dir_open (folder, 0, NULL);
    const char *year, *month;

    g_array_set_clear_func (files, folder_file_clear);
    while (years != NULL && (year = g_dir_read_name (years)) != NULL) {
        g_autofree char *path = g_build_filename (folder, year, NULL);
        g_autoptr (GDir) months = all_digits (year, 4) ? g_dir_open (path, 0, NULL) : NULL;
        while (months != NULL && (month = g_dir_read_name (months)) != NULL) {
            g_autofree char *below = g_build_filename (year, month, NULL);
            if (all_digits (month, 2))
                folder_collect (folder, below, prefix, files);
        }
    }
    g_array_sort (files, folder_file_compare);
    return files;
}

gboolean folder_retain (const char *folder, const FolderRetention *retention, guint *removed, GError **error)
{
    g_autoptr (GArray) files = folder_files (folder, retention->prefix);
    gint64 bytes = 0;

    *removed = 0;
    for (guint i = 0; i < files->len; i++)
        bytes += g_array_index (files, FolderFile, i).bytes;
    for (guint i = 0; i + 1 < files->len; i++) { /* the newest stays, whatever the limits */
        const FolderFile *file = &g_array_index (files, FolderFile, i);
        g_autofree char *path = g_build_filename (folder, file->path, NULL);

        if (retention->keep_bytes > 0 && bytes <= retention->keep_bytes)
            break;
        if (retention->keep_days > 0 && retention->now_ms - file->modified_ms <= retention->keep_days * MS_PER_DAY)
            break;
        if (retention->keep_days == 0 && retention->keep_bytes == 0)
            break;
        if (unlink (path) != 0 && errno != ENOENT)
            return folder_error (error, errno, "cannot remove %s", path);
        bytes -= file->bytes;
        ++*removed;
    }
    return TRUE;
}
