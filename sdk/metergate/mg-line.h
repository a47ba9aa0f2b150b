/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mg-line.h: lines: the host opens ports and sockets, a driver never does; everything on them can be recorded.
 *
 * An MgLine is this channel's view of a [line NAME]: a serial port, TCP, UDP, a recording; a GPIO line sends a text
 * line for each edge. It is used within a call and from the call's thread only. Each call is one turn: it begins with
 * the line's own speed, parity and echo, after the pause that the bus needs, and nobody else has the line until it
 * ends.
 *
 * All functions wait, and all of them obey the call's deadline and its cancellable. They fail with
 *   MG_ERROR_TIMEOUT      nothing came, or not enough, or the deadline has passed
 *   MG_ERROR_PROTOCOL     something came that cannot be a frame, or broke off
 *   MG_ERROR_IO           the line is lost; the host closes it and opens it again
 *   MG_ERROR_UNSUPPORTED  this kind of line cannot do that
 *   MG_ERROR_YIELD        in listen () only: nothing is coming in, and somebody else waits for the turn
 *   MG_ERROR_RANGE        a parameter no line takes
 *   MG_ERROR_INTERNAL     used outside a turn, or while its descriptor is lent
 *   G_IO_ERROR_CANCELLED  the call was cancelled
 * with the line's name in front of the message. Times are microseconds by the host's clock; in a replay, the
 * recording's.
 */
#pragma once

#include <metergate/mg-call.h>

G_BEGIN_DECLS

/* A time-out that never comes. In listen (), such a wait is where the line may be asked for by somebody else. */
#define MG_FOREVER ((gint64) -1)

/* Where a frame ends: whatever of these comes first. A time of 0 is the line's setting; where that says auto, what
 * EN 13757-2 gives a meter at the line's speed (330 bit times + 50 ms) and what this line was seen to need on top. */
typedef struct {
    gsize struct_size;
    gint64 first_us;  /* from the last byte sent (or the call) to the first received; MG_FOREVER in listen () */
    gint64 idle_us;   /* this silence ends the frame; with size or stop it gives an unfinished one up */
    gint64 full_us;   /* from first to last byte; 0, and none configured: only the deadline */
    gsize max;        /* bytes of the longest frame; longer: MG_ERROR_PROTOCOL; 0: 65536 */
    const char *stop; /* these bytes end it and belong to it: "\r\n"; NULL: none */
    /* Pure; `len` is 1 or more. Returns the length of the whole frame; 0: cannot tell yet; < 0: no frame starts with
     * the first byte: it is dropped and the function asked again. NULL: none. */
    gssize (*size) (const guint8 *bytes, gsize len);
} MgFraming;

/* ------------------------------------------------------------------------------------------------- bytes and frames */

/* Returns when the last bit is out, as far as the kernel knows. */
gboolean mg_line_write (MgLine *line, const guint8 *bytes, gsize len, GError **error);

/* Exactly `len` bytes within timeout_us from now (0: what is there already). On failure the message says how much came;
 * that much is in `buf` and taken off the line. */
gboolean mg_line_read (MgLine *line, guint8 *buf, gsize len, gint64 timeout_us, GError **error);

/* What has come, at least one byte and at most `max`: their number, or -1 with an error. */
gssize mg_line_read_some (MgLine *line, guint8 *buf, gsize max, gint64 timeout_us, GError **error);

/* One frame; its bytes replace those of `frame`. What follows it stays for the next read. When it fails, `frame` has
 * what came of it. A wait in which only bytes came that start no frame is MG_ERROR_PROTOCOL. */
gboolean mg_line_read_frame (MgLine *line, const MgFraming *framing, GByteArray *frame, GError **error);

/* Drops stale input (and waits for silence if there was some), writes, reads a frame: what most drivers need. */
gboolean mg_line_exchange (MgLine *line, const guint8 *request, gsize len, const MgFraming *framing, GByteArray *frame,
                           GError **error);

/* Drops what has come so far; does not wait. */
void mg_line_flush (MgLine *line);

/* Drops input until there was none for `us` microseconds. */
gboolean mg_line_wait_quiet (MgLine *line, gint64 us, GError **error);

/* -------------------------------------------------------------------------------------------------------- datagrams */

/* One datagram to `peer`, an address in digits with a port as mg_line_receive () tells it; NULL: the configured one. */
gboolean mg_line_send (MgLine *line, const char *peer, const guint8 *datagram, gsize len, GError **error);

/* One datagram, whole; its bytes replace those of `datagram`. `peer` (full) may be NULL. */
gboolean mg_line_receive (MgLine *line, GByteArray *datagram, char **peer, gint64 timeout_us, GError **error);

/* -------------------------------------------------------------------------------------------------------- serial lines
 */

/* Bits of the modem lines; DTR and RTS are ours to set, the others are the device's. */
typedef enum {
    MG_SIGNAL_DTR = 1,
    MG_SIGNAL_RTS = 2,
    MG_SIGNAL_CTS = 4,
    MG_SIGNAL_DSR = 8,
    MG_SIGNAL_DCD = 16
} MgSignal;

/* Speed (0: keep) and frame ("8E1": data bits 7 or 8, parity N, E or O, stop bits 1 or 2; NULL: keep) until the turn
 * ends. Waits for what is still being sent. */
gboolean mg_line_set_serial (MgLine *line, guint32 baud, const char *mode, GError **error);

/* Sets MG_SIGNAL_DTR and MG_SIGNAL_RTS as `on` and `off` say; `now` (may be NULL) tells all five. */
gboolean mg_line_set_signals (MgLine *line, guint32 on, guint32 off, guint32 *now, GError **error);

/* A break of `us` microseconds. */
gboolean mg_line_break (MgLine *line, gint64 us, GError **error);

/* Sends `byte` again and again for `us` microseconds, then waits pause_us and drops what came: EN 13757-2 and IEC
 * 62056-21 wake battery meters that way. Both at most 60 s. */
gboolean mg_line_wake_up (MgLine *line, guint8 byte, gint64 us, gint64 pause_us, GError **error);

/* What was written comes back (a light head, a two-wire bus): compare it and swallow it. Until the turn ends. */
void mg_line_set_echo (MgLine *line, gboolean on);

/* Until switched off or the turn ends, all bytes in both directions are recorded as **: put it around the exchange of a
 * password, so that an echo of it is covered too. */
void mg_line_set_private (MgLine *line, gboolean on);

/* ----------------------------------------------------------------------------------------------------- what one may
 * ask */

/* Monotonic time when the first byte of the latest read was there; 0: none came. */
gint64 mg_line_get_first_us (MgLine *line);

/* Duration of one character as the line is set now, rounded up; 0 on a network. */
gint64 mg_line_get_byte_us (MgLine *line);

/* Something of this channel's that lives as long as the line stays open (a stick's state); `free` may be NULL. Replaces
 * and frees what was set before. */
void mg_line_set_data (MgLine *line, gpointer data, GDestroyNotify free);

/* NULL: nothing was set since the line was opened. */
gpointer mg_line_get_data (MgLine *line);

/* ---------------------------------------------------------------------------------------- for libraries that want a
 * descriptor */

/* One end of a stream socket pair, below 1024, for libraries like libmodbus. The host pumps it to the line and back,
 * times and records it, drops stale input before a new request, and ends the file at the deadline, when cancelled, or
 * when the line is lost. While it is lent the other functions here fail. -1 with an error. */
int mg_line_borrow_fd (MgLine *line, GError **error);

/* Gives it back, within the call. The host closes it: the library must not (modbus_free () without modbus_close ()). */
void mg_line_return_fd (MgLine *line, int fd);

G_END_DECLS
