/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* spool.c: the parts of one run on their way to disk: written, hashed, synced, named. */
#include <metergate.h>

#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HASH_BYTES 65536

struct _Spool {
    char *folder;
    char *content_type; /* of parts that name none */
    GPtrArray *parts;   /* of SpoolPart; the last one is open while fd >= 0 */
    int fd;
    GChecksum *hash;
    guint made;    /* parts so far, for their first file names */
    GError *error; /* of a part that could not be begun: told by the next write */
};

static void spool_part_free (gpointer data)
{
    SpoolPart *part = data;

    g_free (part->name);
    g_free (part->content_type);
    g_free (part->file);
    g_free (part);
}

static gboolean spool_failed (GError **error, const char *doing, const char *file)
{
    int number = errno;

    g_set_error (error, MG_ERROR, MG_ERROR_IO, "spool: %s %s: %s", doing, file, g_strerror (number));
    return FALSE;
}

static char *spool_path (const Spool *spool, const char *file)
{
    return g_build_filename (spool->folder, file, NULL);
}

static SpoolPart *spool_open_part (const Spool *spool)
{
    return spool->parts->pdata[spool->parts->len - 1];
}

static gboolean spool_begin (Spool *spool, const char *name, const char *content_type, GError **error)
{
    SpoolPart *part = g_new0 (SpoolPart, 1);

    part->name = g_strdup (name);
    part->content_type = g_strdup (content_type != NULL ? content_type : spool->content_type);
    part->file = g_strdup_printf ("%u.part", spool->made++);
    g_autofree char *path = spool_path (spool, part->file);
    spool->fd = g_open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (spool->fd < 0) {
        spool_failed (error, "cannot make", path);
        spool_part_free (part);
        return FALSE;
    }
    g_checksum_reset (spool->hash);
    g_ptr_array_add (spool->parts, part);
    return TRUE;
}

/* closes the open part; an empty one is forgotten */
static gboolean spool_end_part (Spool *spool, GError **error)
{
    SpoolPart *part = spool_open_part (spool);
    g_autofree char *path = spool_path (spool, part->file);
    gboolean good = part->bytes == 0 || fsync (spool->fd) == 0 || spool_failed (error, "sync of", path);

    if (close (spool->fd) != 0 && good)
        good = spool_failed (error, "close of", path);
    spool->fd = -1;
    g_strlcpy (part->sha256, g_checksum_get_string (spool->hash), sizeof part->sha256);
    if (part->bytes == 0) {
        g_unlink (path);
        g_ptr_array_set_size (spool->parts, (gint) spool->parts->len - 1);
    }
    return good;
}

static void spool_part (gpointer owner, const char *name, const char *content_type)
{
    Spool *spool = owner;

    if (spool->error == NULL && spool->fd >= 0 && spool_end_part (spool, &spool->error))
        spool_begin (spool, name, content_type, &spool->error);
}

static gboolean spool_write (gpointer owner, const void *bytes, gsize len, GError **error)
{
    Spool *spool = owner;
    const guint8 *at = bytes;

    if (spool->error != NULL || spool->fd < 0) {
        g_propagate_error (error, g_steal_pointer (&spool->error));
        return FALSE;
    }
    SpoolPart *part = spool_open_part (spool);
    g_checksum_update (spool->hash, bytes, (gssize) len);
    part->bytes += len;
    while (len > 0) {
        gssize n = write (spool->fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return spool_failed (error, "write to", part->file);
        at += n;
        len -= (gsize) n;
    }
    return TRUE;
}

const MghOutputOps spool_output_ops = MG_INIT (MghOutputOps, .part = spool_part, .write = spool_write);

Spool *spool_new (const char *folder, const char *content_type, GError **error)
{
    g_autoptr (Spool) spool = g_new0 (Spool, 1);

    spool->folder = g_strdup (folder);
    spool->content_type = g_strdup (content_type);
    spool->parts = g_ptr_array_new_with_free_func (spool_part_free);
    spool->hash = g_checksum_new (G_CHECKSUM_SHA256);
    spool->fd = -1;
    if (g_mkdir_with_parents (folder, 0700) != 0) {
        spool_failed (error, "cannot make folder", folder);
        return NULL;
    }
    return spool_begin (spool, NULL, NULL, error) ? g_steal_pointer (&spool) : NULL;
}

gboolean spool_finish (Spool *spool, GError **error)
{
    if (spool->error != NULL) {
        g_propagate_error (error, g_steal_pointer (&spool->error));
        return FALSE;
    }
    return spool->fd < 0 || spool_end_part (spool, error);
}

guint spool_get_n_parts (Spool *spool)
{
    return spool->parts->len;
}

const SpoolPart *spool_get_part (Spool *spool, guint i)
{
    return spool->parts->pdata[i];
}

gboolean spool_rename (Spool *spool, guint i, const char *file, GError **error)
{
    SpoolPart *part = spool->parts->pdata[i];
    g_autofree char *from = spool_path (spool, part->file), *to = spool_path (spool, file);

    if (g_rename (from, to) != 0)
        return spool_failed (error, "cannot rename", from);
    g_free (part->file);
    part->file = g_strdup (file);
    return TRUE;
}

static gboolean spool_sync_folder (const char *folder, GError **error)
{
    int fd = g_open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    gboolean good = (fd >= 0 && fsync (fd) == 0) || spool_failed (error, "sync of", folder);

    if (fd >= 0)
        close (fd);
    return good;
}

gboolean spool_sync (Spool *spool, GError **error)
{
    g_autofree char *above = g_path_get_dirname (spool->folder), *top = g_path_get_dirname (above);

    /* the folders above may be as new as the files */
    return spool_sync_folder (spool->folder, error) && spool_sync_folder (above, error) &&
           spool_sync_folder (top, error);
}

void spool_keep_one (Spool *spool, guint i)
{
    spool_part_free (g_ptr_array_steal_index (spool->parts, i));
}

void spool_keep (Spool *spool)
{
    g_ptr_array_set_size (spool->parts, 0);
}

void spool_free (Spool *spool)
{
    if (spool->fd >= 0)
        close (spool->fd);
    for (guint i = 0; i < spool->parts->len; i++) {
        g_autofree char *path = spool_path (spool, ((SpoolPart *) spool->parts->pdata[i])->file);
        g_unlink (path);
    }
    g_ptr_array_unref (spool->parts);
    g_checksum_free (spool->hash);
    g_clear_error (&spool->error);
    g_free (spool->content_type);
    g_free (spool->folder);
    g_free (spool);
}

gboolean spool_file_is (const char *path, const char *sha256)
{
    g_autoptr (GChecksum) hash = g_checksum_new (G_CHECKSUM_SHA256);
    g_autofree guint8 *buf = g_malloc (HASH_BYTES);
    int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
    gssize n = fd >= 0 ? 1 : -1;

    while (n > 0) {
        n = read (fd, buf, HASH_BYTES);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            g_checksum_update (hash, buf, n);
    }
    if (fd >= 0)
        close (fd);
    return n == 0 && g_str_equal (g_checksum_get_string (hash), sha256);
}

void spool_clean (const char *folder, GHashTable *keep)
{
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
    const char *file;

    while (dir != NULL && (file = g_dir_read_name (dir)) != NULL) {
        g_autofree char *path = g_build_filename (folder, file, NULL);
        if (!g_hash_table_contains (keep, file))
            g_unlink (path);
    }
}
