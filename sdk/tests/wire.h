/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire.h: a port for tests: bytes come at the times that were said, by the virtual clock; what was written is kept. */
#pragma once

#include <metergate.h>
#include <host/mgh-line.h>

#include <string.h>

typedef struct {
    gint64 at_us;
    GByteArray *bytes;
    char *peer;
} WireArrival;

typedef struct _Wire Wire;
struct _Wire {
    MghClock *clock;
    GArray *arrivals; /* WireArrival, in order */
    GByteArray *written;
    GString *log;   /* what else was asked of the port */
    gint64 slow_us; /* a write takes this long */
    gboolean lost;
    void (*answer) (Wire *wire, const guint8 *bytes, gsize len); /* after each write */
};

static inline void wire_come_from (Wire *wire, gint64 at_us, const char *peer, const void *bytes, gsize len)
{
    WireArrival arrival = { at_us, g_byte_array_append (g_byte_array_new (), bytes, (guint) len), g_strdup (peer) };

    g_array_append_val (wire->arrivals, arrival);
}

/* `bytes` come `after_us` from now */
static inline void wire_come (Wire *wire, gint64 after_us, const void *bytes, gsize len)
{
    wire_come_from (wire, mgh_clock_mono_us (wire->clock) + after_us, NULL, bytes, len);
}

static inline void wire_drop_first (Wire *wire)
{
    WireArrival *first = &g_array_index (wire->arrivals, WireArrival, 0);

    g_byte_array_unref (first->bytes);
    g_free (first->peer);
    g_array_remove_index (wire->arrivals, 0);
}

/* the arrival that is there by `until_us`, or NULL and the clock stands there */
static inline WireArrival *wire_await (Wire *wire, gint64 until_us, GCancellable *cancellable, GError **error)
{
    WireArrival *first = wire->arrivals->len == 0 ? NULL : &g_array_index (wire->arrivals, WireArrival, 0);

    if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;
    if (wire->lost) {
        g_set_error_literal (error, MG_ERROR, MG_ERROR_IO, "the wire is cut");
        return NULL;
    }
    if (first == NULL || first->at_us > MAX (until_us, mgh_clock_mono_us (wire->clock))) {
        mgh_clock_wait (wire->clock, until_us, cancellable, error);
        return NULL;
    }
    mgh_clock_advance_to (wire->clock, first->at_us);
    return first;
}

static inline gssize wire_read (gpointer port, guint8 *buf, gsize max, gint64 until_us, GCancellable *cancellable,
                                GError **error)
{
    Wire *wire = port;
    GError *why = NULL;
    WireArrival *first = wire_await (wire, until_us, cancellable, &why);
    gsize n;

    if (first == NULL && why != NULL) {
        g_propagate_error (error, why);
        return -1;
    }
    if (first == NULL)
        return 0;
    n = MIN (max, first->bytes->len);
    memcpy (buf, first->bytes->data, n);
    g_byte_array_remove_range (first->bytes, 0, (guint) n);
    if (first->bytes->len == 0)
        wire_drop_first (wire);
    return (gssize) n;
}

static inline gssize wire_receive (gpointer port, GByteArray *datagram, char **peer, gint64 until_us,
                                   GCancellable *cancellable, GError **error)
{
    Wire *wire = port;
    GError *why = NULL;
    WireArrival *first = wire_await (wire, until_us, cancellable, &why);
    gssize n;

    if (first == NULL && why != NULL) {
        g_propagate_error (error, why);
        return -1;
    }
    if (first == NULL)
        return 0;
    g_byte_array_set_size (datagram, 0);
    g_byte_array_append (datagram, first->bytes->data, first->bytes->len);
    if (peer != NULL)
        *peer = g_strdup (first->peer);
    n = first->bytes->len;
    wire_drop_first (wire);
    return n;
}

static inline gboolean wire_write (gpointer port, const guint8 *bytes, gsize len, gint64 until_us,
                                   GCancellable *cancellable, GError **error)
{
    Wire *wire = port;

    if (wire->lost) {
        g_set_error_literal (error, MG_ERROR, MG_ERROR_IO, "the wire is cut");
        return FALSE;
    }
    g_byte_array_append (wire->written, bytes, (guint) len);
    mgh_clock_advance_to (wire->clock, mgh_clock_mono_us (wire->clock) + wire->slow_us);
    if (wire->answer != NULL)
        wire->answer (wire, bytes, len);
    return TRUE;
}

static inline gboolean wire_send (gpointer port, const char *peer, const guint8 *bytes, gsize len, GError **error)
{
    Wire *wire = port;

    g_string_append_printf (wire->log, "to %s;", peer == NULL ? "-" : peer);
    return wire_write (port, bytes, len, 0, NULL, error);
}

static inline gboolean wire_set_serial (gpointer port, guint32 baud, const char *mode, GError **error)
{
    g_string_append_printf (((Wire *) port)->log, "%u %s;", baud, mode);
    return TRUE;
}

static inline gboolean wire_set_signals (gpointer port, guint32 on, guint32 off, guint32 *now, GError **error)
{
    g_string_append_printf (((Wire *) port)->log, "on %u off %u;", on, off);
    *now = on | MG_SIGNAL_CTS;
    return TRUE;
}

static inline gboolean wire_break (gpointer port, gint64 us, GError **error)
{
    g_string_append_printf (((Wire *) port)->log, "break %d;", (int) us);
    return TRUE;
}

static inline void wire_free (gpointer port)
{
    Wire *wire = port;

    while (wire->arrivals->len > 0)
        wire_drop_first (wire);
    g_array_unref (wire->arrivals);
    g_byte_array_unref (wire->written);
    g_string_free (wire->log, TRUE);
    mgh_clock_unref (wire->clock);
    g_free (wire);
}

static const MghPortOps wire_serial_ops = { .struct_size = sizeof (MghPortOps),
                                            .read = wire_read,
                                            .write = wire_write,
                                            .set_serial = wire_set_serial,
                                            .set_signals = wire_set_signals,
                                            .send_break = wire_break,
                                            .free = wire_free };
static const MghPortOps wire_udp_ops = {
    .struct_size = sizeof (MghPortOps), .receive = wire_receive, .send = wire_send, .free = wire_free
};

/* An open line over a wire with a virtual clock; `info` may be NULL: 2400 8E1. Its turns are begun by the test. */
static inline MgLine *wire_line (Wire **wire, const MghLineInfo *info)
{
    static const MghLineInfo usual = {
        .struct_size = sizeof usual, .name = "test", .kind = "serial", .baud = 2400, .mode = "8E1"
    };
    g_autoptr (MghClock) clock = mgh_clock_virtual_new (1767604500000); /* 2026-01-05T09:15:00Z */
    Wire *made = g_new0 (Wire, 1);

    made->clock = mgh_clock_ref (clock);
    made->arrivals = g_array_new (FALSE, FALSE, sizeof (WireArrival));
    made->written = g_byte_array_new ();
    made->log = g_string_new (NULL);
    *wire = made;
    info = info == NULL ? &usual : info;
    MgLine *line = mgh_line_new (info, g_str_equal (info->kind, "udp") ? &wire_udp_ops : &wire_serial_ops, made, clock);
    g_assert_true (mgh_line_open (line, G_MAXINT64, NULL, NULL));
    return line;
}
