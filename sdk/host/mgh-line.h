/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mgh-line.h: lines behind MgLine: ports, turns, recordings and their replay. Host side: for the daemon and for tests,
 * not installed, no ABI promise.
 */
#pragma once

#include <host/mgh-host.h>

G_BEGIN_DECLS

/* -------------------------------------------------------------------------------------------------------------- ports
 */

/* A port moves bytes and nothing else; framing, turns, deadlines, echo, recording and statistics are the line's.
 * Serial, TCP and UDP ports live in core/acquire; a test brings its own. Called by one thread at a time (which may be
 * the line's pump while a descriptor is lent). Times are by the line's clock, G_MAXINT64 is never, the past means
 * without waiting. A port has read and write, or receive and send; all others may be NULL. Errors: MG_ERROR_IO when it
 * is lost (then the line counts as closed), MG_ERROR_TIMEOUT, MG_ERROR_UNSUPPORTED, G_IO_ERROR_CANCELLED. */
typedef struct {
    gsize struct_size;
    gboolean (*open) (gpointer port, gint64 until_us, GCancellable *cancellable, GError **error);
    void (*close) (gpointer port); /* also when not open */
    /* 1..max bytes; 0: time is over; -1: error */
    gssize (*read) (gpointer port, guint8 *buf, gsize max, gint64 until_us, GCancellable *cancellable, GError **error);
    /* returns when the last bit is out */
    gboolean (*write) (gpointer port, const guint8 *bytes, gsize len, gint64 until_us, GCancellable *cancellable,
                       GError **error);
    /* length of one datagram, which replaces `datagram`; 0: time is over; -1: error. peer (full) may be NULL */
    gssize (*receive) (gpointer port, GByteArray *datagram, char **peer, gint64 until_us, GCancellable *cancellable,
                       GError **error);
    gboolean (*send) (gpointer port, const char *peer, const guint8 *bytes, gsize len, GError **error);
    gboolean (*set_serial) (gpointer port, guint32 baud, const char *mode,
                            GError **error); /* both are checked already */
    gboolean (*set_signals) (gpointer port, guint32 on, guint32 off, guint32 *now,
                             GError **error); /* now: never NULL */
    gboolean (*send_break) (gpointer port, gint64 us, GError **error);
    int (*wake_fd) (gpointer port); /* a descriptor to poll for input, or -1 */
    void (*free) (gpointer port);
    /* for ports that answer by turns (a replay) */
    void (*begin) (gpointer port, const char *channel, const char *action, const char *address);
    void (*end) (gpointer port, const char *outcome);
    /* wakes a meter up itself, instead of by write () */
    gboolean (*wake_up) (gpointer port, guint8 byte, gint64 us, GError **error);
} MghPortOps;

/* -------------------------------------------------------------------------------------------------------------- lines
 */

/* All counted since the line was made. */
typedef struct {
    guint64 turns;
    guint64 bytes_out, bytes_in; /* without echoes */
    guint64 timeouts;            /* requests and reads that nothing answered in time */
    guint64 protocol_errors;     /* frames that broke off or made no sense; turns that ended so */
    guint64 io_errors;           /* lost, or not opened */
    guint64 echoes_wrong;        /* differed from what was written */
    gint64 busy_us;              /* time spent in turns */
} MghLineStatistics;

typedef struct {
    gsize struct_size;
    const char *name; /* "rs485-1" */
    const char *kind; /* "serial", "tcp", "udp", "gpio" */
    guint32 baud;     /* 0: a network */
    const char *mode; /* "8E1", also where NULL */
    gboolean echo;    /* what is written comes back */
    gint64 first_us;  /* defaults of MgFraming. 0: auto, from the baud rate by EN 13757-2, stretched by what the */
    gint64 idle_us, full_us; /* line was seen to need; full_us 0: only the deadline */
    gint64 pause_us;         /* between two turns */
} MghLineInfo;

/* Full. Takes the port over; `clock` NULL: the real one. Texts are copied. Not open yet. */
MgLine *mgh_line_new (const MghLineInfo *info, const MghPortOps *ops, gpointer port, MghClock *clock);
MgLine *mgh_line_ref (MgLine *line);
void mgh_line_unref (MgLine *line); /* the last one closes it and waits until its raw log is written */

const char *mgh_line_get_name (MgLine *line);
void mgh_line_set_name (MgLine *line, const char *name); /* before it is used */
MghClock *mgh_line_get_clock (MgLine *line);
gpointer mgh_line_get_port (MgLine *line); /* for who made it */

/* On the thread of its turns, between turns. Opening an open line does nothing. */
gboolean mgh_line_open (MgLine *line, gint64 until_us, GCancellable *cancellable, GError **error);
void mgh_line_close (MgLine *line);

/* FALSE also after MG_ERROR_IO. Any thread. */
gboolean mgh_line_is_open (MgLine *line);

/* A turn: who has the line, for what (open, close, read, listen, probe, scan, command, fd), at which address (NULL:
 * none). begin () waits the pause out and sets speed, parity and echo to the line's own; that it failed is told by the
 * turn's functions. `call` gives deadline and cancellable; NULL: none. Only "listen" yields. */
void mgh_line_begin (MgLine *line, MgCall *call, const char *channel, const char *action, const char *address);

/* `outcome` is ok, partial, yield, cancelled or an error code in words ("timeout"); `text` NULL: none. A descriptor
 * still lent is taken back. */
void mgh_line_end (MgLine *line, const char *outcome, const char *text);

/* Somebody waits for the turn: a listen () ends at the next idle gap with MG_ERROR_YIELD; on a line that never falls
 * silent, between two frames after two seconds. Holds until it is taken back. Any thread. */
void mgh_line_yield (MgLine *line, gboolean wanted);

void mgh_line_get_statistics (MgLine *line, MghLineStatistics *out); /* any thread */

/* "8E1": data bits 7 or 8, parity N, E or O, stop bits 1 or 2; else MG_ERROR_RANGE. */
gboolean mgh_line_mode_check (const char *mode, GError **error);

/* ------------------------------------------------------------------------------------------------------------ raw log
 */

/* Records into `path` from now on, appending a new session; NULL stops. Any thread; waits for the opening of the file
 * only, the line never waits for the disk. While one file is being written and a turn runs, the next one begins after
 * it; a listen goes on in the new file at its next record. So the host rotates at midnight UTC by naming the next file.
 * Refused: packed files, and what cannot be opened. */
gboolean mgh_line_record (MgLine *line, const char *path, GError **error);

/* Waits until what happened so far is in the file, or lost with a full disk. */
void mgh_line_record_flush (MgLine *line);

/* ------------------------------------------------------------------------------------------------------------- replays
 */

typedef enum { MGH_REPLAY_STRICT = 1, MGH_REPLAY_LENIENT = 2 } MghReplay;

/* A recording as a line (full), as docs/recording-format.md tells. `fast`: its clock is virtual, starts at the
 * recording's time and never waits; else the real one. A `?` record in the file wins over `replay`. MG_ERROR_CONFIG
 * names file and line. */
MgLine *mgh_line_new_replay (const char *path, MghReplay replay, gboolean fast, GError **error);

/* The same from memory; `name` stands in errors. */
MgLine *mgh_line_new_replay_text (const char *name, const char *text, gsize len, MghReplay replay, gboolean fast,
                                  GError **error);

/* For who schedules: the file's next turn that was not used yet, and when it is due by the line's clock; FALSE: that
 * were all. The texts are the line's. On the thread of its turns. */
gboolean mgh_line_replay_next (MgLine *line, gint64 *at_us, const char **channel, const char **action,
                               const char **address);

/* What the replay makes of it when it is over. Strict: FALSE with file, line, expected and got, also when turns are
 * left. Counts (may be NULL): turns used, turns left, requests that had no answer in the file. */
gboolean mgh_line_replay_finish (MgLine *line, guint *used, guint *skipped, guint *unmatched, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MgLine, mgh_line_unref)
G_END_DECLS
