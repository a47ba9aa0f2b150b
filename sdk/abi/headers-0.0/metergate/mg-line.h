/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mg-line.h: lines: the host opens ports and sockets, a driver never does; everything on them can be recorded. */
#pragma once

#include <metergate/mg-call.h>

G_BEGIN_DECLS

/* An MgLine is this channel's view of a [line NAME], good within the call. Each turn starts with the channel's own speed and
 * parity, after the pause that the bus needs. Serial, TCP, UDP, recording; a GPIO line sends a text line for each edge. */
#define MG_FOREVER ((gint64) -1)
typedef struct { /* where a frame ends: what comes first. A time of 0: as configured for the line, or learned on it */
    gsize       struct_size;
    gint64      first_us; /* from the last byte sent to the first received; MG_FOREVER in listen () */
    gint64      idle_us;  /* this silence ends the frame; with size or stop it gives an unfinished one up */
    gint64      full_us;  /* from first to last byte; 0: only the deadline */
    gsize       max;      /* longer: MG_ERROR_PROTOCOL */
    const char *stop;     /* these bytes end it and belong to it: "\r\n" */
    gssize    (*size) (const guint8 *bytes, gsize len); /* pure: length of the whole; 0: cannot tell yet; < 0: drop one byte */
} MgFraming;
/* A write returns when the last bit is out, as far as the kernel knows. A read is complete, or an error that says how much came. */
gboolean mg_line_write       (MgLine *line, const guint8 *bytes, gsize len, GError **error);
gboolean mg_line_read        (MgLine *line, guint8 *buf, gsize len, gint64 timeout_us, GError **error);
gssize   mg_line_read_some   (MgLine *line, guint8 *buf, gsize max, gint64 timeout_us, GError **error); /* 1..max, or -1 */
gboolean mg_line_read_frame  (MgLine *line, const MgFraming *framing, GByteArray *frame /* replaced */, GError **error);
gboolean mg_line_exchange    (MgLine *line, const guint8 *request, gsize len, const MgFraming *framing, GByteArray *frame,
                              GError **error); /* drops stale input, writes, reads a frame: what most drivers need */
gboolean mg_line_send        (MgLine *line, const char *peer /* or NULL */, const guint8 *datagram, gsize len, GError **error);
gboolean mg_line_receive     (MgLine *line, GByteArray *datagram, char **peer /* full */, gint64 timeout_us, GError **error);
void mg_line_flush (MgLine *line) /* drops input */; gboolean mg_line_wait_quiet (MgLine *line, gint64 us, GError **error);
/* For serial lines, else MG_ERROR_UNSUPPORTED; until the turn ends. They wait for what is still being sent. */
typedef enum { MG_SIGNAL_DTR = 1, MG_SIGNAL_RTS = 2, MG_SIGNAL_CTS = 4, MG_SIGNAL_DSR = 8, MG_SIGNAL_DCD = 16 } MgSignal;
gboolean mg_line_set_serial  (MgLine *line, guint32 baud /* 0: keep */, const char *mode /* "8E1"; NULL: keep */, GError **error);
gboolean mg_line_set_signals (MgLine *line, guint32 on, guint32 off, guint32 *now, GError **error);
gboolean mg_line_break       (MgLine *line, gint64 us, GError **error);
gboolean mg_line_wake_up     (MgLine *line, guint8 byte, gint64 us, gint64 pause_us, GError **error); /* byte by byte */
void     mg_line_set_echo    (MgLine *line, gboolean on);    /* what was written comes back: compare and swallow it */
void     mg_line_set_private (MgLine *line, gboolean on);    /* a password follows: recorded as ** */
gint64   mg_line_get_first_us (MgLine *line);                /* monotonic time of the first byte of the latest read; 0: none */
gint64   mg_line_get_byte_us (MgLine *line);                 /* one character, as the line is set; 0 on a network */
void     mg_line_set_data    (MgLine *line, gpointer data, GDestroyNotify free); /* this channel's, until the line closes */
gpointer mg_line_get_data    (MgLine *line);
/* For libraries that want a descriptor (libmodbus): one end of a socket pair that the host pumps, times and records; end of file
 * at the deadline. Give it back within the call. */
int mg_line_borrow_fd (MgLine *line, GError **error); void mg_line_return_fd (MgLine *line, int fd);

G_END_DECLS
