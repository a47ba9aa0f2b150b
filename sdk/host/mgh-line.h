/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mgh-line.h: lines behind MgLine: ports, turns, recordings and their replay. Host side: for the daemon and for tests, not installed, no ABI promise. */
#pragma once

#include <host/mgh-host.h>

G_BEGIN_DECLS

/* A port moves bytes and nothing else; framing, turns, deadlines, echo, recording and statistics are the line's. Times are by the
 * line's clock. Serial, TCP, UDP ports live in core/acquire; a test brings its own. Called by one thread at a time. */
typedef struct {
    gsize    struct_size;
    gboolean (*open) (gpointer port, gint64 until_us, GCancellable *cancellable, GError **error);
    void     (*close) (gpointer port);
    gssize   (*read) (gpointer port, guint8 *buf, gsize max, gint64 until_us, GCancellable *cancellable, GError **error); /* 1..max; 0: time is over; -1: error */
    gboolean (*write) (gpointer port, const guint8 *bytes, gsize len, gint64 until_us, GCancellable *cancellable, GError **error); /* the last bit is out */
    gssize   (*receive) (gpointer port, GByteArray *datagram, char **peer, gint64 until_us, GCancellable *cancellable, GError **error);
    gboolean (*send) (gpointer port, const char *peer, const guint8 *bytes, gsize len, GError **error);
    gboolean (*set_serial) (gpointer port, guint32 baud, const char *mode, GError **error);
    gboolean (*set_signals) (gpointer port, guint32 on, guint32 off, guint32 *now, GError **error);
    gboolean (*send_break) (gpointer port, gint64 us, GError **error);
    int      (*wake_fd) (gpointer port); /* a descriptor to poll on, or -1 */
    void     (*free) (gpointer port);
    /* optional: the port answers by turns (a replay); wakes a meter up itself instead of by write () */
    void     (*begin) (gpointer port, const char *channel, const char *action, const char *address);
    void     (*end) (gpointer port, const char *outcome);
    gboolean (*wake_up) (gpointer port, guint8 byte, gint64 us, GError **error);
} MghPortOps;

typedef struct { /* all counted since the line was made */
    guint64 turns, bytes_out, bytes_in, timeouts, protocol_errors, io_errors, echoes_wrong;
    gint64  busy_us; /* time spent in turns */
} MghLineStatistics;

typedef struct {
    gsize       struct_size;
    const char *name, *kind;        /* "rs485-1"; "serial", "tcp", "udp", "gpio" */
    guint32     baud;               /* 0: a network */
    const char *mode;               /* "8E1" */
    gboolean    echo;
    gint64      first_us, idle_us, full_us; /* defaults of MgFraming; 0: auto, from the baud rate (EN 13757-2: 330 bit times + 50 ms), stretched on the line */
    gint64      pause_us;           /* between two turns */
} MghLineInfo;

MgLine   *mgh_line_new (const MghLineInfo *info, const MghPortOps *ops, gpointer port /* full */, MghClock *clock);
MgLine   *mgh_line_ref (MgLine *line);
void      mgh_line_unref (MgLine *line);
const char *mgh_line_get_name (MgLine *line);
void mgh_line_set_name (MgLine *line, const char *name); /* before it is used */
MghClock *mgh_line_get_clock (MgLine *line);
gpointer  mgh_line_get_port (MgLine *line); /* for who made it */
gboolean  mgh_line_mode_check (const char *mode, GError **error); /* "8E1": 7 or 8, N E O, 1 or 2 */
gboolean  mgh_line_open (MgLine *line, gint64 until_us, GCancellable *cancellable, GError **error);
void      mgh_line_close (MgLine *line);
gboolean  mgh_line_is_open (MgLine *line);
/* A turn: who has the line, for what ("read", address). begin () resets speed and parity to the line's own. */
void      mgh_line_begin (MgLine *line, MgCall *call, const char *channel, const char *action, const char *address);
void      mgh_line_end (MgLine *line, const char *outcome /* "ok", "partial", "yield", "timeout" ... */, const char *text);
void      mgh_line_yield (MgLine *line, gboolean wanted); /* any thread: somebody waits for the turn */
void      mgh_line_get_statistics (MgLine *line, MghLineStatistics *out); /* any thread */
/* Raw log: records into `path` from now on (appending a new session), NULL stops. Any thread. */
gboolean  mgh_line_record (MgLine *line, const char *path, GError **error);
void      mgh_line_record_flush (MgLine *line); /* waits until what happened so far is in the file */

typedef enum { MGH_REPLAY_STRICT = 1, MGH_REPLAY_LENIENT = 2 } MghReplay;
/* A recording as a line, docs/recording-format.md. fast: its clock is virtual. */
MgLine   *mgh_line_new_replay (const char *path, MghReplay replay, gboolean fast, GError **error);
MgLine   *mgh_line_new_replay_text (const char *name, const char *text, gsize len, MghReplay replay, gboolean fast, GError **error);
/* The file's next turn that was not used, and when it is due by the line's clock; FALSE: that were all. */
gboolean  mgh_line_replay_next (MgLine *line, gint64 *at_us, const char **channel, const char **action, const char **address);
/* What the replay makes of it when it is over: FALSE with file, line, expected, got (strict), or turns left. */
gboolean  mgh_line_replay_finish (MgLine *line, guint *used, guint *skipped, guint *unmatched, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MgLine, mgh_line_unref)
G_END_DECLS
