/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* line.h: what the files of the line layer share: the line itself, its input, its notes for the raw log. */
#pragma once

#include <host/mgh-line.h>

#include "recorder.h"

typedef struct _LineLoan LineLoan;

typedef struct {
    gint64 at_us;
    gsize len;
} LineChunk;

typedef struct {
    guint8 byte;
    gboolean is_private;
} LineEcho;

typedef struct {
    GMutex lock;
    Recorder *recorder; /* NULL: off */
    Recorder *next;     /* takes over when the turn is over */
    gboolean session_due, in_turn, listens;
    gint64 start_us, last_us;
    guint32 baud; /* as last written */
    char mode[8];
    gboolean echo;
} LineNotes;

struct _MgLine {
    gatomicrefcount refs;
    char *name, *kind;
    MghPortOps ops;
    gpointer port;
    MghClock *clock;
    guint32 own_baud; /* as configured; a turn may change baud, mode and echo below */
    char own_mode[8];
    gboolean own_echo;
    gint64 first_us, idle_us, full_us, pause_us;

    /* of the turn's thread alone */
    gint64 deadline_us; /* G_MAXINT64: none */
    GCancellable *cancellable;
    gboolean in_turn, listens;
    char *channel, *action, *address;
    guint32 baud;
    char mode[8];
    gboolean echo, is_private;
    gboolean protocol_counted;
    guint attempt;
    GError *turn_error;  /* of begin (): what every function says until the turn ends */
    gint64 turn_from_us; /* when it began */
    gint64 active_us;    /* last byte in or out, or end of a turn; -1: never */
    GByteArray *in;      /* received, not yet consumed */
    GArray *chunks;      /* LineChunk: when what of it came */
    GArray *echo_due;    /* LineEcho: written, not yet come back */
    guint echo_matched;  /* bytes of echo_due that came back so far */
    gint64 sent_us;      /* when the last written bit was out; -1: nothing is waiting for an answer */
    gint64 first_byte_us;
    gint64 allowance_us; /* learned: on top of what the norm gives a meter */
    gint64 gap_us;       /* learned: silence within a frame */
    gboolean timed_out;  /* the last exchange: what comes now is a late answer */
    GHashTable *data;    /* channel: LineData */
    LineLoan *loan;

    /* any thread, under lock */
    GMutex lock;
    gboolean is_open, yield_wanted;
    gint64 yield_since_us;
    gulong wake_by;
    GCancellable *wake; /* ends a listen's wait at an idle gap; NULL: nobody listens */
    MghLineStatistics statistics;

    LineNotes notes;
};

/* base + us, G_MAXINT64 for MG_FOREVER and for what does not fit */
gint64 line_later (gint64 base_us, gint64 us);
gint64 line_now (MgLine *line);
gint64 line_bits_us (MgLine *line, guint bits); /* 0 on a network */

/* FALSE with an error outside a turn, after a failed begin, or while a descriptor is lent */
gboolean line_check (MgLine *line, GError **error);
/* Puts the line's name in front, counts, and marks the line closed after MG_ERROR_IO. Always FALSE. */
gboolean line_fail (MgLine *line, GError *error /* full */, GError **out);

/* line-input.c */
/* Waits for more input. TRUE with *got FALSE: the time or the call's is over. `idle`: an idle gap, where listen ()
 * yields. */
gboolean line_fill (MgLine *line, gint64 until_us, gboolean idle, gboolean *got, GError **error);
/* TRUE with MG_ERROR_YIELD, between two frames: somebody has waited too long for this line to fall silent. */
gboolean line_gives_away (MgLine *line, GError **error);
/* Takes `len` bytes off the input; `kind` is '<', 'x'. `to` may be NULL. */
void line_consume (MgLine *line, char kind, gsize len, guint8 *to);
gsize line_drop (MgLine *line);                                                   /* all that has come so far */
gboolean line_put (MgLine *line, const guint8 *bytes, gsize len, GError **error); /* noted as '>' */
gboolean line_put_unnoted (MgLine *line, const guint8 *bytes, gsize len, GError **error);
gint64 line_input_last_us (MgLine *line); /* when the last byte of the input came */
void line_count (MgLine *line, guint64 *counter, guint64 add);

/* line-timing.c */
gint64 line_auto_first_us (MgLine *line);
gint64 line_auto_idle_us (MgLine *line);
void line_learn_answer (MgLine *line, gint64 took_us);
void line_learn_gap (MgLine *line, gint64 gap_us);
void line_learn_late (MgLine *line);

/* line-fd.c */
void line_end_loan (MgLine *line);

/* line-notes.c: the raw log; nothing happens while none runs */
void line_note_bytes (MgLine *line, char kind, gint64 at_us, const guint8 *bytes, gsize len, gboolean is_private);
void line_note_datagram (MgLine *line, char kind, gint64 at_us, const char *peer, const guint8 *bytes, gsize len);
void line_note (MgLine *line, char kind, gint64 at_us, const char *fmt, ...) G_GNUC_PRINTF (4, 5);
void line_note_settings (MgLine *line);
void line_note_begin (MgLine *line);
void line_note_end (MgLine *line, const char *outcome, const char *text);
void line_note_step (MgLine *line, MgStep outcome, const char *code, const char *text);
void line_notes_init (MgLine *line);
void line_notes_clear (MgLine *line);
