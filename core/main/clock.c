/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clock.c: notices that the wall clock was set, against the monotonic one, and opens a new epoch in the store. */
#include "gateway.h"

#include <sys/timex.h>

#define CHECK_S       1
#define CLOCK_STEP_MS 2000 /* more than this is a step, not slewing */

static gint64 clock_offset_ms (void)
{
    return g_get_real_time () / 1000 - g_get_monotonic_time () / 1000;
}

static gboolean clock_synchronised (void)
{
    struct timex state = { 0 };

    return adjtimex (&state) >= 0 && (state.status & STA_UNSYNC) == 0;
}

static gboolean clock_check (gpointer data)
{
    Gateway *gateway = data;
    gint64 offset_ms = clock_offset_ms (), shift_ms = offset_ms - gateway->clock_offset_ms;

    if (ABS (shift_ms) > CLOCK_STEP_MS) {
        g_autofree char *shift = g_strdup_printf ("%" G_GINT64_FORMAT, shift_ms);
        store_new_epoch (gateway->store, clock_synchronised (), shift_ms);
        journal_raise (gateway->journal, "clock.stepped", "gateway", NULL, "shift_ms", shift, NULL);
        gateway->clock_offset_ms = offset_ms;
    } else if (ABS (shift_ms) > CLOCK_STEP_MS / 10) {
        gateway->clock_offset_ms = offset_ms; /* slewing adds up over the years */
    }
    return G_SOURCE_CONTINUE;
}

void gateway_watch_clock (Gateway *gateway)
{
    gateway->clock_offset_ms = clock_offset_ms ();
    gateway->clock_timer = g_timeout_add_seconds (CHECK_S, clock_check, gateway);
}
