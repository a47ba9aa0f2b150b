/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * store.h: what is kept. Two SQLite databases in one folder, WAL, synchronous FULL: state.db (small, precious) and readings.db (large,
 * replaceable, quarantined alone).
 *
 * THREADS. One writer thread owns both writing connections; everything below marked [queue] only queues and returns at once, may be
 * called from any thread, and is carried out in the order of the calls, grouped into one commit at least each second or each 500
 * readouts. Where both databases change, state is committed first. [wait] waits for the commit (never on the main loop). [reader]
 * functions use a connection of their own and may be called from any thread but the main loop.
 *
 * ORDER. Readouts and events get their sequence number in the writer thread at the moment they are appended. Readers see numbers up to
 * store_committed_seq () only, which moves after both databases are committed, so no follower can pass something that is not there yet.
 *
 * ERRORS. A failed commit is tried again from memory: the databases are closed, opened, checked, and what was queued is written again;
 * at a full disk the reserve file is given up first. Nothing queued is dropped; when memory for the queue runs out (64 MB) live
 * readouts are refused at the door and counted (store_append () returns FALSE), with an event.
 */
#pragma once

#include <journal/journal.h>
#include <host/mgh-readout.h>

G_BEGIN_DECLS

typedef struct _Store Store;

typedef struct {
    const char *folder;        /* made 0700 when it is not there */
    gint64      reserve_bytes; /* -1: the smaller of 8 MB and 5 % of the file system */
    gint64      commit_us;     /* 0: one second */
    gboolean    keep_frames;   /* telegrams are kept with their readouts: about as many bytes again */
} StoreOptions;

/* Opens or makes both databases, raises the generation and syncs it, starts the writer. A damaged readings.db is renamed to
 * quarantine-... and a new one begun; the generation makes sure that no number is used twice. */
Store      *store_open (const StoreOptions *options, Journal *journal, GError **error);
void        store_close (Store *store);  /* commits what is queued, checkpoints, joins */
const char *store_gateway_uid (Store *store);
guint32     store_epoch (Store *store);
void        store_new_epoch (Store *store, gboolean synchronised, gint64 shift_ms); /* [queue] the clock stepped, or was set */
gint64      store_committed_seq (Store *store);
/* Called in the writer thread after each commit: how many readouts and readings were kept by it, and up to which number. */
typedef void (*StoreCommitted) (gpointer data, gint64 seq, guint readouts, guint readings);
void        store_on_commit (Store *store, StoreCommitted func, gpointer data);
/* func runs in the main context once everything queued before is committed (error NULL) or the state could not be written */
typedef void (*StoreDone) (gpointer data, const GError *error);
void        store_sync (Store *store, StoreDone func, gpointer data);  /* [queue] */
gboolean    store_flush (Store *store, GError **error);                 /* [wait] */

/* ---- meters, devices, points: rows as they are; the model gives them meaning */
typedef struct {
    gint64 id;                             /* given out by the model, which is the only one who makes them (max + 1 at start) */
    const char *uid;                       /* 32 hex digits */
    const char *label, *keep;              /* keep: "all", "slot", "change", "live" */
    const char *settings;                  /* JSON object of the meter's own: {"cycle":"15min"} */
    guint32 medium; gboolean active; gint64 removed_ms; /* 0: not removed */
    gint64 rev;
} StoreMeter;
typedef struct {
    gint64 id, meter;
    const char *channel, *address, *identity; /* identity: "MAN-SSSSSSSS-VERSION-MEDIUM" or "" */
    const char *settings;                     /* JSON object: device settings beside the address */
    gint64 from_seq, to_seq;                  /* to_seq 0: mounted now */
} StoreDevice;
typedef struct {
    gint64 meter; guint idx; const char *key;
    MgMeaning meaning;                        /* as the driver said it; without raw and states */
    const char *by_hand;                      /* JSON object: label, obis, unit, description; they win */
    gboolean active; gint64 rev;
} StorePoint;
void store_put_meter (Store *store, const StoreMeter *meter);           /* [queue] insert or update; copies */
void store_put_device (Store *store, const StoreDevice *device);        /* [queue] */
void store_put_point (Store *store, const StorePoint *point);           /* [queue] */
void store_put_tags (Store *store, gint64 meter, gint idx /* -1: the meter's */, const char *const *tags /* "k=v" */); /* [queue] replaces */
typedef struct {
    void (*meter) (gpointer data, const StoreMeter *meter);
    void (*device) (gpointer data, const StoreDevice *device);
    void (*point) (gpointer data, const StorePoint *point);
    void (*tag) (gpointer data, gint64 meter, gint idx, const char *key, const char *value);
} StoreLoad;
gboolean store_load (Store *store, const StoreLoad *load, gpointer data, GError **error); /* [reader] at start, in the order above */

/* ---- readouts */
/* Appends one; indices[i] is the point of reading i (G_MAXUINT32: not kept). Takes a reference to the readout. FALSE: the queue is
 * full, nothing was kept. */
gboolean store_append (Store *store, gint64 device, const MgReadout *readout, const guint32 *indices); /* [queue] */
/* One gap row when a meter goes silent (from its first missed due time), closed when it returns or is removed. */
void     store_gap_open (Store *store, gint64 device, gint64 from_due_ms);   /* [queue] nothing when one is open already */
void     store_gap_close (Store *store, gint64 device, gint64 to_ms);        /* [queue] */

typedef struct {                              /* one row of the sequence, as a reader sees it */
    gint64 seq;
    gint64 device;                            /* 0: an event */
    guint32 kind, epoch;                      /* MgReadoutKind */
    gboolean synchronised;                    /* the epoch's clock was */
    const MgReadout *readout;                 /* values, qualities, device times, no keys; NULL for events */
    const guint32 *indices; guint n;          /* the point of each reading */
    const JournalEvent *event;                /* or NULL */
} StoreRow;
typedef gboolean (*StoreRowFunc) (const StoreRow *row, gpointer data); /* FALSE: enough */
/* [reader] rows with after < seq <= upto (0: what is committed now), in order; events only if asked for */
gboolean store_range (Store *store, gint64 after, gint64 upto, gboolean events, StoreRowFunc func, gpointer data, GError **error);
/* [reader] at start: newest readouts first, until func says enough or `max` rows were seen */
gboolean store_newest (Store *store, guint max, StoreRowFunc func, gpointer data, GError **error);
/* [wait] deletes readouts up to seq that are older than `before_ms` and behind every cursor; says how many */
gboolean store_prune (Store *store, gint64 before_ms, guint64 *deleted, GError **error);

/* ---- cursors and batches of reports: [wait], each one durable commit */
typedef enum { STORE_BATCH_FROZEN = 1, STORE_BATCH_DELIVERED = 2, STORE_BATCH_ASIDE = 3, STORE_BATCH_TOMBSTONE = 4 } StoreBatchState;
typedef struct {
    gint64 id; const char *cursor;            /* "report:billing" */
    gint64 first_seq, last_seq, due_ms, created_ms, done_ms;
    const char *identity, *name, *spool;      /* name: relative, of the final file; spool: file below the state folder, NULL: none (empty) */
    const char *sha256, *content_type;
    StoreBatchState state; guint attempts; const char *code, *params;
} StoreBatch;
gboolean store_cursor_get (Store *store, const char *name, gint64 *seq, gboolean *known, GError **error); /* [reader] */
gboolean store_cursor_set (Store *store, const char *name, gint64 seq, GError **error);                    /* [wait] */
void     store_cursor_drop (Store *store, const char *name);                                               /* [queue] */
/* freezes batches (n may be 0: nothing was selected) and moves the cursor's *frozen* mark in one commit; fills in the ids */
gboolean store_batch_freeze (Store *store, const char *cursor, gint64 upto_seq, StoreBatch *batches, guint n, GError **error); /* [wait] */
gboolean store_batch_update (Store *store, const StoreBatch *batch, GError **error);  /* [wait] state, attempts, code, params, done_ms */
typedef gboolean (*StoreBatchFunc) (const StoreBatch *batch, gpointer data);
/* [reader] those in one of the states (bit mask of 1 << state), oldest first */
gboolean store_batches (Store *store, const char *cursor, guint states, StoreBatchFunc func, gpointer data, GError **error);

/* ---- small state and secrets, by owner: seen by the next get at once, committed with the next group */
void     store_state_put (Store *store, const char *owner, const char *key, GBytes *value /* NULL: delete */); /* [queue] */
GBytes  *store_state_get (Store *store, const char *owner, const char *key);   /* full, or NULL; from memory, any thread */
void     store_secret_put (Store *store, const char *owner, const char *key, GBytes *value);                   /* [queue] */
GBytes  *store_secret_get (Store *store, const char *owner, const char *key);  /* full, or NULL; any thread */

typedef struct { guint64 readouts, readings, events, commits, retries, refused, queued; gint64 database_bytes, free_bytes; gboolean full; } StoreStatistics;
void     store_get_statistics (Store *store, StoreStatistics *out); /* any thread */

G_END_DECLS
