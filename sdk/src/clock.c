/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clock.c: the real clock and the virtual one behind hosts, calls and lines. */
#include <host/mgh-clock.h>

#include <poll.h>
#include <time.h>

struct _MghClock {
    gatomicrefcount refs;
    gboolean is_virtual;
    GMutex lock;
    gint64 virtual_us, start_utc_ms; /* under lock */
};

static MghClock real_clock;

MghClock *mgh_clock_real (void)
{
    return &real_clock;
}

MghClock *mgh_clock_virtual_new (gint64 start_utc_ms)
{
    MghClock *clock = g_new0 (MghClock, 1);

    g_atomic_ref_count_init (&clock->refs);
    clock->is_virtual = TRUE;
    clock->start_utc_ms = start_utc_ms;
    g_mutex_init (&clock->lock);
    return clock;
}

MghClock *mgh_clock_ref (MghClock *clock)
{
    if (clock->is_virtual)
        g_atomic_ref_count_inc (&clock->refs);
    return clock;
}

void mgh_clock_unref (MghClock *clock)
{
    if (!clock->is_virtual || !g_atomic_ref_count_dec (&clock->refs))
        return;
    g_mutex_clear (&clock->lock);
    g_free (clock);
}

gint64 mgh_clock_mono_us (MghClock *clock)
{
    gint64 now_us;

    if (!clock->is_virtual)
        return g_get_monotonic_time ();
    g_mutex_lock (&clock->lock);
    now_us = clock->virtual_us;
    g_mutex_unlock (&clock->lock);
    return now_us;
}

gint64 mgh_clock_now_ms (MghClock *clock)
{
    gint64 now_ms;

    if (!clock->is_virtual)
        return g_get_real_time () / 1000;
    g_mutex_lock (&clock->lock);
    now_ms = clock->start_utc_ms + clock->virtual_us / 1000;
    g_mutex_unlock (&clock->lock);
    return now_ms;
}

gboolean mgh_clock_is_virtual (MghClock *clock)
{
    return clock->is_virtual;
}

void mgh_clock_step (MghClock *clock, gint64 ms)
{
    g_return_if_fail (clock->is_virtual);
    g_mutex_lock (&clock->lock);
    clock->start_utc_ms += ms;
    g_mutex_unlock (&clock->lock);
}

void mgh_clock_advance_to (MghClock *clock, gint64 mono_us)
{
    g_return_if_fail (clock->is_virtual);
    g_mutex_lock (&clock->lock);
    clock->virtual_us = MAX (clock->virtual_us, mono_us);
    g_mutex_unlock (&clock->lock);
}

gboolean mgh_clock_poll (MghClock *clock, int fd, short events, gint64 until_us, GCancellable *cancellable,
                         short *revents, GError **error)
{
    struct pollfd polled[2] = { { .fd = fd, .events = events }, { .fd = -1, .events = POLLIN } };
    gint cancel_fd = cancellable == NULL ? -1 : g_cancellable_get_fd (cancellable);
    gboolean cancelled, ready = FALSE;

    polled[1].fd = cancel_fd;
    while (!(cancelled = g_cancellable_is_cancelled (cancellable)) && !ready) {
        gint64 now_us = mgh_clock_mono_us (clock); /* once: MAX () would ask a clock twice */
        gint64 left_us = until_us == G_MAXINT64 ? -1 : MAX (0, until_us - now_us);
        struct timespec left = { .tv_sec = left_us / G_USEC_PER_SEC, .tv_nsec = left_us % G_USEC_PER_SEC * 1000 };
        int n = ppoll (polled, G_N_ELEMENTS (polled), left_us < 0 ? NULL : &left, NULL);

        ready = n > 0 && polled[0].revents != 0;
        if (!ready && left_us == 0)
            break;
    }
    if (cancel_fd >= 0)
        g_cancellable_release_fd (cancellable);
    if (revents != NULL)
        *revents = ready ? polled[0].revents : 0;
    if (cancelled)
        return !g_cancellable_set_error_if_cancelled (cancellable, error);
    return TRUE;
}

gboolean mgh_clock_wait (MghClock *clock, gint64 until_us, GCancellable *cancellable, GError **error)
{
    if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
    if (clock->is_virtual && until_us != G_MAXINT64) {
        mgh_clock_advance_to (clock, until_us);
        return TRUE;
    }
    return mgh_clock_poll (clock, -1, 0, until_us, cancellable, NULL, error);
}
