/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mgh-clock.h: one clock for hosts, calls and lines: the real one, or a virtual one that replays turn. Host side: for
 * the daemon and for tests, not installed, no ABI promise. */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

/* Every function here may be called from any thread. Two times: `now_ms` is UTC in milliseconds, a label for people and
 * files; `mono_us` is monotonic in microseconds, what deadlines and distances are measured by. */
typedef struct _MghClock MghClock;

/* The computer's own clock, shared: ref and unref of it do nothing. */
MghClock *mgh_clock_real (void);

/* A clock that starts at mono 0 and `start_utc_ms`, and moves only by mgh_clock_advance_to () and by waits. Full. */
MghClock *mgh_clock_virtual_new (gint64 start_utc_ms);

MghClock *mgh_clock_ref (MghClock *clock);
void mgh_clock_unref (MghClock *clock);

gint64 mgh_clock_now_ms (MghClock *clock);
gint64 mgh_clock_mono_us (MghClock *clock); /* CLOCK_MONOTONIC, or the virtual one */
gboolean mgh_clock_is_virtual (MghClock *clock);

/* Virtual clocks only: moves to `mono_us`, never back. */
void mgh_clock_advance_to (MghClock *clock, gint64 mono_us);

/* Virtual clocks only: somebody sets the wall clock, forward or back (ms < 0); the monotonic one goes on as it was. */
void mgh_clock_step (MghClock *clock, gint64 ms);

/* TRUE once `until_us` has come; FALSE with G_IO_ERROR_CANCELLED. A virtual clock jumps there at once. G_MAXINT64 waits
 * for the cancellation alone, on either clock. */
gboolean mgh_clock_wait (MghClock *clock, gint64 until_us, GCancellable *cancellable, GError **error);

/* For ports: waits in real time until `fd` (-1: none) has one of `events` (of poll (2)), `until_us` has come
 * (G_MAXINT64: never), or the cancellable fires. TRUE with what happened in `revents` (may be NULL; 0: time is over);
 * FALSE only with G_IO_ERROR_CANCELLED. */
gboolean mgh_clock_poll (MghClock *clock, int fd, short events, gint64 until_us, GCancellable *cancellable,
                         short *revents, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MghClock, mgh_clock_unref)
G_END_DECLS
