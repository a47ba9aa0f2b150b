/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recorder.c: recordings on disk: one background thread for all of them, a bounded queue for each. */
#include "recorder.h"

#include <metergate.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define QUEUE_MAX_BYTES (1024 * 1024)
#define TAIL_BYTES      (64 * 1024)
#define HEAD            "metergate-recording 1\n"

struct _Recorder {
    gatomicrefcount refs;
    char *path;
    int fd;
    off_t size; /* of whole records on disk; of the writing thread */
    gboolean torn;
    GMutex lock;
    GCond written;
    GString *queued;
    gsize queued_bytes, lost_bytes;
    gboolean busy;
};

static void recorder_unref (Recorder *recorder)
{
    if (!g_atomic_ref_count_dec (&recorder->refs))
        return;
    close (recorder->fd);
    g_string_free (recorder->queued, TRUE);
    g_mutex_clear (&recorder->lock);
    g_cond_clear (&recorder->written);
    g_free (recorder->path);
    g_free (recorder);
}

/* All of it or nothing: half a record would be a broken one for the reader. */
static gboolean recorder_put (Recorder *recorder, const char *text, gsize len)
{
    gsize done = 0;

    if (recorder->torn && ftruncate (recorder->fd, recorder->size) != 0)
        return FALSE;
    recorder->torn = FALSE;
    while (done < len) {
        ssize_t n = write (recorder->fd, text + done, len - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            recorder->torn = done > 0;
            return FALSE;
        }
        done += (gsize) n;
    }
    recorder->size += (off_t) len;
    return TRUE;
}

static void recorder_work (gpointer data, gpointer user_data G_GNUC_UNUSED)
{
    Recorder *recorder = data;

    g_mutex_lock (&recorder->lock);
    while (recorder->queued->len > 0) {
        GString *text = g_steal_pointer (&recorder->queued);
        gsize n_bytes = recorder->queued_bytes;

        recorder->queued = g_string_new (NULL);
        recorder->queued_bytes = 0;
        g_mutex_unlock (&recorder->lock);
        gboolean ok = recorder_put (recorder, text->str, text->len);
        g_string_free (text, TRUE);
        g_mutex_lock (&recorder->lock);
        if (!ok)
            recorder->lost_bytes += n_bytes;
    }
    recorder->busy = FALSE;
    g_cond_broadcast (&recorder->written);
    g_mutex_unlock (&recorder->lock);
    recorder_unref (recorder);
}

static GThreadPool *recorder_pool (void)
{
    static GThreadPool *pool;
    static gsize once;

    if (g_once_init_enter (&once)) {
        pool = g_thread_pool_new (recorder_work, NULL, 1, FALSE, NULL);
        g_once_init_leave (&once, 1);
    }
    return pool;
}

static gboolean recorder_fail (const char *path, GError **error)
{
    int code = errno;

    g_set_error (error, MG_ERROR, MG_ERROR_IO, "recording %s: %s", path, g_strerror (code));
    return FALSE;
}

/* After a power loss the last line may lack its end; what is appended must not grow together with it. */
static gboolean recorder_mend (Recorder *recorder, GError **error)
{
    struct stat st;
    g_autofree char *tail = g_malloc (TAIL_BYTES);

    if (fstat (recorder->fd, &st) != 0)
        return recorder_fail (recorder->path, error);
    recorder->size = st.st_size;
    while (recorder->size > 0) {
        off_t from = MAX (0, recorder->size - TAIL_BYTES);
        ssize_t n = pread (recorder->fd, tail, (size_t) (recorder->size - from), from);
        const char *end = n <= 0 ? NULL : memrchr (tail, '\n', (size_t) n);

        if (n <= 0)
            return recorder_fail (recorder->path, error);
        recorder->size = end == NULL ? from : from + (end + 1 - tail);
        if (end != NULL)
            break;
    }
    if (recorder->size < st.st_size && ftruncate (recorder->fd, recorder->size) != 0)
        return recorder_fail (recorder->path, error);
    return TRUE;
}

Recorder *recorder_open (const char *path, GError **error)
{
    Recorder *recorder;
    int fd;

    if (g_str_has_suffix (path, ".gz") || g_str_has_suffix (path, ".zst")) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG,
                     "recording %s: a raw log is written uncompressed: expected *.mgrec", path);
        return NULL;
    }
    fd = open (path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
    if (fd < 0) {
        recorder_fail (path, error);
        return NULL;
    }
    recorder = g_new0 (Recorder, 1);
    g_atomic_ref_count_init (&recorder->refs);
    recorder->fd = fd;
    recorder->path = g_strdup (path);
    recorder->queued = g_string_new (NULL);
    g_mutex_init (&recorder->lock);
    g_cond_init (&recorder->written);
    if (!recorder_mend (recorder, error) ||
        (recorder->size == 0 && !recorder_put (recorder, HEAD, strlen (HEAD)) && !recorder_fail (path, error)))
        g_clear_pointer (&recorder, recorder_unref);
    return recorder;
}

gboolean recorder_add (Recorder *recorder, const char *records, gsize len, gsize n_bytes)
{
    gboolean start = FALSE, fits;

    g_mutex_lock (&recorder->lock);
    fits = recorder->queued->len + len <= QUEUE_MAX_BYTES;
    if (fits) {
        g_string_append_len (recorder->queued, records, (gssize) len);
        recorder->queued_bytes += n_bytes;
        start = !recorder->busy;
        recorder->busy = TRUE;
    } else {
        recorder->lost_bytes += n_bytes;
    }
    g_mutex_unlock (&recorder->lock);
    if (start) {
        g_atomic_ref_count_inc (&recorder->refs);
        g_thread_pool_push (recorder_pool (), recorder, NULL);
    }
    return fits;
}

gsize recorder_take_lost (Recorder *recorder)
{
    gsize lost = 0;

    g_mutex_lock (&recorder->lock);
    if (recorder->queued->len < QUEUE_MAX_BYTES / 2) {
        lost = recorder->lost_bytes;
        recorder->lost_bytes = 0;
    }
    g_mutex_unlock (&recorder->lock);
    return lost;
}

void recorder_flush (Recorder *recorder)
{
    g_mutex_lock (&recorder->lock);
    while (recorder->busy)
        g_cond_wait (&recorder->written, &recorder->lock);
    g_mutex_unlock (&recorder->lock);
}

void recorder_close (Recorder *recorder)
{
    if (recorder != NULL)
        recorder_unref (recorder);
}
