/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* files.c: what the store does in its folder beside SQLite. */
#include "files.h"

#include <metergate.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define LOCK_FILE    "lock"
#define RESERVE_FILE "reserve"

static void files_set_error (GError **error, const char *folder, const char *name, const char *doing, int code)
{
    g_set_error (error, MG_ERROR, code == ENOSPC || code == EIO ? MG_ERROR_IO : MG_ERROR_CONFIG, "%s%s%s: %s: %s",
                 folder, name ? "/" : "", name ? name : "", doing, g_strerror (code));
}

static void files_tell_holder (int fd, const char *folder, GError **error)
{
    char pid[32] = "";
    ssize_t n = pread (fd, pid, sizeof pid - 1, 0);

    if (n > 0)
        g_strchomp (pid);
    g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "%s: another gateway%s%s works on this folder, only one may", folder,
                 n > 0 ? ", process " : "", pid);
}

int store_folder_lock (const char *folder, GError **error)
{
    g_autofree char *path = g_build_filename (folder, LOCK_FILE, NULL);
    char pid[32];
    int fd;

    if (g_mkdir_with_parents (folder, 0700) != 0) {
        files_set_error (error, folder, NULL, "cannot make the folder", errno);
        return -1;
    }
    fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        files_set_error (error, folder, LOCK_FILE, "cannot open", errno);
        return -1;
    }
    if (flock (fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            files_tell_holder (fd, folder, error);
        else
            files_set_error (error, folder, LOCK_FILE, "cannot lock", errno);
        close (fd);
        return -1;
    }
    g_snprintf (pid, sizeof pid, "%d\n", (int) getpid ());
    if (ftruncate (fd, 0) == 0 && pwrite (fd, pid, strlen (pid), 0) < 0)
        g_debug ("%s: cannot write the process id: %s", path,
                 g_strerror (errno)); /* only words for another gateway's error */
    return fd;
}

gboolean store_file_make_private (const char *folder, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename (folder, name, NULL);
    int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0) {
        files_set_error (error, folder, name, "cannot open", errno);
        return FALSE;
    }
    if (fchmod (fd, 0600) != 0)
        g_warning ("%s: cannot make it private: %s", path, g_strerror (errno));
    close (fd);
    return TRUE;
}

gint64 store_folder_free_bytes (const char *folder)
{
    struct statvfs info;

    return statvfs (folder, &info) == 0 ? (gint64) info.f_bavail * (gint64) info.f_frsize : -1;
}

gint64 store_folder_total_bytes (const char *folder)
{
    struct statvfs info;

    return statvfs (folder, &info) == 0 ? (gint64) info.f_blocks * (gint64) info.f_frsize : -1;
}

gint64 store_file_bytes (const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename (folder, name, NULL);
    struct stat info;

    return stat (path, &info) == 0 ? (gint64) info.st_size : 0;
}

gboolean store_reserve_make (const char *folder, gint64 bytes)
{
    g_autofree char *path = g_build_filename (folder, RESERVE_FILE, NULL);
    int fd, failed;

    if (bytes <= 0)
        return TRUE;
    fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return FALSE;
    failed = posix_fallocate (fd, 0, bytes);
    close (fd);
    if (failed != 0)
        unlink (path);
    return failed == 0;
}

gboolean store_reserve_give_up (const char *folder)
{
    g_autofree char *path = g_build_filename (folder, RESERVE_FILE, NULL);

    return unlink (path) == 0;
}

gboolean store_folder_sync (const char *folder, GError **error)
{
    int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean good = fd >= 0 && fsync (fd) == 0;

    if (!good)
        files_set_error (error, folder, NULL, "cannot sync the folder", errno);
    if (fd >= 0)
        close (fd);
    return good;
}

char *store_file_quarantine (const char *folder, const char *name, GError **error)
{
    static const char *const tails[] = { "", "-wal", "-shm" };
    g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
    g_autofree char *when = g_date_time_format (now, "%Y%m%dT%H%M%SZ");
    g_autofree char *to = NULL;

    for (guint n = 0; to == NULL || g_file_test (to, G_FILE_TEST_EXISTS); n++) {
        g_free (to);
        to = n == 0 ? g_strdup_printf ("%s/quarantine-%s-%s", folder, when, name)
                    : g_strdup_printf ("%s/quarantine-%s-%u-%s", folder, when, n, name);
    }
    for (guint i = 0; i < G_N_ELEMENTS (tails); i++) {
        g_autofree char *old = g_strdup_printf ("%s/%s%s", folder, name, tails[i]);
        g_autofree char *new = g_strconcat (to, tails[i], NULL);

        if (rename (old, new) != 0 && errno != ENOENT) {
            files_set_error (error, folder, name, "cannot rename to quarantine", errno);
            return NULL;
        }
    }
    if (!store_folder_sync (folder, error))
        return NULL;
    return g_steal_pointer (&to);
}
