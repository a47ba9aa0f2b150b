/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * turns.h: the turns of one line, one after the other, on the line's own thread or in the pool of eight.
 *
 * A channel without a line has turns of its own as if it had one. Everything that calls a driver happens in here:
 * devices are made and dropped in a turn too, so that no two calls for one line ever overlap.
 */
#pragma once

#include <acquire/acquire.h>

#include <host/mgh-line.h>

typedef struct _Pool Pool;
typedef struct _Turns Turns;
typedef struct _Channel Channel;
typedef struct _Device Device;
typedef struct _Turn Turn;
typedef struct _Scan Scan;

/* A driver at work: immutable after channel_new () but for `opened`, which belongs to the line's turns. */
struct _Channel {
    gatomicrefcount refs;
    char *name;
    const PluginFeature *feature;
    MgHost *host;
    MgConfig *config; /* of the group: the room's and the driver's settings */
    gpointer self;
    Turns *turns;
    gint64 read_timeout_us;
    guint attempts;
    guint opened;       /* the line's opening for which open () was called */
    GPtrArray *devices; /* MgDevice, made and not dropped yet: what find_device () and listen () see */
    GHashTable *made;   /* the same as a set */
};

/* A device of a channel as the main loop schedules it. */
struct _Device {
    guint32 meter, id;
    Channel *channel;
    MgDevice *device;
    MghSchedule *schedule;
    char *cycle; /* the schedule's text */
    gint64 next_due_ms;
    guint skip;  /* dues to pass over: a silent meter is asked less and less */
    guint asked; /* turns that are queued or running */
    GSequenceIter *place;
};

/* FOUND is no turn: it brings to the main loop what a scan found. */
typedef enum { TURN_READ = 1, TURN_DROP = 2, TURN_SCAN = 3, TURN_FOUND = 4 } TurnKind;
struct _Turn {
    TurnKind kind;
    Channel *channel; /* a reference */
    MgDevice *device; /* a reference; NULL: a scan's */
    guint32 id;
    gint64 due_ms;
    guint attempt;
    MgReadout *readout; /* result; NULL: failed */
    GPtrArray *more;    /* back-filled readouts, or NULL */
    GError *error;
    Scan *scan;     /* a reference */
    MgFound *found; /* full */
    AcquireDone done;
    gpointer done_data;
};

/* Takes the finished turn over; called on the thread of the turns. */
typedef void (*TurnFinished) (gpointer data, Turn *turn);

Pool *pool_new (TurnFinished finished, gpointer data);
/* All turns must have been stopped; waits up to wait_us (0: ten seconds) for threads. FALSE: one is left behind, and
 * what it uses stays. */
gboolean pool_free (Pool *pool, gint64 wait_us);
guint pool_n_threads (Pool *pool);
guint pool_n_queued (Pool *pool);

/* line may be NULL; dedicated: a thread of its own (serial lines, listening channels) */
Turns *turns_new (Pool *pool, const char *name, MgLine *line /* full */, gboolean dedicated);
Turns *turns_ref (Turns *turns);
void turns_unref (Turns *turns);
/* Cancels the running turn and drops the queued ones (they finish as cancelled); the thread ends by itself. */
void turns_stop (Turns *turns);
void turns_push (Turns *turns, Turn *turn /* full */);
void turns_listen (Turns *turns, Channel *channel); /* dedicated only: listens whenever nothing is queued */
void turns_unlisten (Turns *turns, Channel *channel);
/* While `scan` runs, on its thread: whether reads wait; carries one of them out; it is not stuck, there is more to
 * come. */
gboolean turns_have_reads (Turns *turns);
void turns_serve_read (Turns *turns, Turn *scan);
void turns_extend (Turns *turns, Turn *scan);
MgLine *turns_get_line (Turns *turns);
/* Since when a turn has been over its deadline by more than five seconds, and whose; 0: none. Any thread. */
gint64 turns_stuck_us (Turns *turns, char **channel /* full */);

/* What people see of a line; these five are the main loop's. `error` is of a turn that failed; both give NULL or 0
 * before the first. */
void turns_note_error (Turns *turns, const GError *error, gint64 at_ms);
const char *turns_last_error (Turns *turns, gint64 *at_ms);
void turns_measure (Turns *turns); /* to be called about each second: the load is that of a whole minute */
guint turns_load_percent (Turns *turns);
guint turns_n_queued (Turns *turns);

Channel *channel_ref (Channel *channel);
void channel_unref (Channel *channel);
void turn_free (Turn *turn);

/* turn.c: carries out one turn; the caller sees to it that they never overlap. `opening` counts how often the line was
 * opened. */
void turn_run (Turn *turn, MgLine *line, guint opening, GCancellable *cancellable);
/* How an error is called in recordings: "timeout"; NULL: "ok". */
const char *turn_outcome (const GError *error);
/* scan.c */
gboolean scan_run (Turn *turn, MgLine *line, GCancellable *cancellable, GError **error);
void scan_turn_clear (Turn *turn);
/* Opens the line if it is closed. */
gboolean turn_open_line (MgLine *line, guint *opening, GCancellable *cancellable, GError **error);
/* One slice. FALSE with an error: nobody listened; the line is closed if it is to blame. */
gboolean turn_listen (Channel *channel, MgLine *line, guint opening, GCancellable *cancellable, TurnFinished finished,
                      gpointer data, GError **error);
