/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mgh-clock.h: one clock for hosts, calls and lines: the real one, or a virtual one that replays turn. Host side: for the daemon and for tests, not installed, no ABI promise. */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

typedef struct _MghClock MghClock;

MghClock *mgh_clock_real (void);                          /* shared, never freed */
MghClock *mgh_clock_virtual_new (gint64 start_utc_ms);    /* full; starts at mono 0; moves only by advance () and waits */
MghClock *mgh_clock_ref (MghClock *clock);
void      mgh_clock_unref (MghClock *clock);
gint64    mgh_clock_now_ms (MghClock *clock);             /* UTC */
gint64    mgh_clock_mono_us (MghClock *clock);            /* CLOCK_MONOTONIC, or the virtual one; any thread */
gboolean  mgh_clock_is_virtual (MghClock *clock);
void      mgh_clock_advance_to (MghClock *clock, gint64 mono_us); /* virtual only; never back */
/* TRUE once `until_us` has come; FALSE with G_IO_ERROR_CANCELLED. A virtual clock jumps there at once. */
gboolean  mgh_clock_wait (MghClock *clock, gint64 until_us, GCancellable *cancellable, GError **error);

G_END_DECLS
