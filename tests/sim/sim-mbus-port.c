/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sim-mbus-port.c: moves bytes between a line and a simulated segment, by the line's clock. */
#include "sim-mbus-port.h"

#include <string.h>

typedef struct {
    SimBus *bus;
    MghClock *clock;
    GByteArray *next; /* bytes that come at `next_us`, or empty */
    gint64 next_us;
} SimLinePort;

static gboolean sim_line_open (gpointer data, gint64 until_us, GCancellable *cancellable, GError **error)
{
    return TRUE;
}

static gssize sim_line_read (gpointer data, guint8 *buf, gsize max, gint64 until_us, GCancellable *cancellable,
                             GError **error)
{
    SimLinePort *port = data;
    gsize n;

    if (port->next->len == 0 && !sim_bus_next (port->bus, &port->next_us, port->next))
        port->next_us = G_MAXINT64;
    if (port->next->len == 0 || port->next_us > until_us) {
        if (until_us == G_MAXINT64) {
            g_set_error (error, MG_ERROR, MG_ERROR_INTERNAL, "nothing will ever come from the simulated segment");
            return -1;
        }
        return mgh_clock_wait (port->clock, until_us, cancellable, error) ? 0 : -1;
    }
    if (!mgh_clock_wait (port->clock, port->next_us, cancellable, error))
        return -1;
    n = MIN (max, port->next->len);
    memcpy (buf, port->next->data, n);
    g_byte_array_remove_range (port->next, 0, (guint) n);
    return (gssize) n;
}

static gboolean sim_line_write (gpointer data, const guint8 *bytes, gsize len, gint64 until_us,
                                GCancellable *cancellable, GError **error)
{
    SimLinePort *port = data;
    gint64 out_us = mgh_clock_mono_us (port->clock) + (gint64) len * sim_bus_get_byte_us (port->bus);

    if (!mgh_clock_wait (port->clock, out_us, cancellable, error))
        return FALSE;
    sim_bus_write (port->bus, mgh_clock_mono_us (port->clock), bytes, len);
    return TRUE;
}

static gboolean sim_line_set_serial (gpointer data, guint32 baud, const char *mode, GError **error)
{
    SimLinePort *port = data;

    if (baud != 0)
        sim_bus_set_baud (port->bus, baud);
    return TRUE;
}

static void sim_line_free (gpointer data)
{
    SimLinePort *port = data;

    mgh_clock_unref (port->clock);
    g_byte_array_unref (port->next);
    g_free (port);
}

MgLine *sim_mbus_line_new (SimBus *bus, guint32 baud, gboolean echo, MghClock *clock)
{
    static const MghPortOps ops = { .struct_size = sizeof (MghPortOps),
                                    .open = sim_line_open,
                                    .read = sim_line_read,
                                    .write = sim_line_write,
                                    .set_serial = sim_line_set_serial,
                                    .free = sim_line_free };
    const MghLineInfo info = {
        .struct_size = sizeof info, .name = "bus", .kind = "serial", .baud = baud, .mode = "8E1", .echo = echo
    };
    SimLinePort *port = g_new0 (SimLinePort, 1);

    port->bus = bus;
    port->clock = mgh_clock_ref (clock);
    port->next = g_byte_array_new ();
    return mgh_line_new (&info, &ops, port, clock);
}
