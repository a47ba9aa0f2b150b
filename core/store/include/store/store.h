/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * store.h: what is kept. Two SQLite databases in one folder, WAL, synchronous FULL: state.db (small, precious, in every
 * backup) and readings.db (large, replaceable, quarantined alone).
 *
 * THREADS. One writer thread owns both writing connections.
 *   [queue]  only queues and returns at once; any thread. Carried out in the order of the calls, grouped into one
 * commit at least each second or each 500 readouts. Where both databases change, state is committed first. [wait]
 * queues and waits for the commit, which comes at once; any thread but the main loop. While the disk is full it waits
 * too. [reader] uses a connection of its own; any thread but the main loop. No transaction is open while a callback
 * runs, so that it may take its time and call the store again. Functions without a mark answer from memory; any thread.
 *
 * ORDER. Readouts, gaps and events get their number (journal.h) in the writer thread at the moment they are appended.
 * Readers see numbers up to store_committed_seq () only, which moves after both databases are committed: no follower
 * can pass something that is not there yet.
 *
 * ERRORS. A failed commit is tried again from memory. After a failed write or sync the database is closed, opened,
 * checked, its log begun anew, and what was queued is written again. At a full disk the reserve file is given up first
 * (events store.disk-full, store.disk-ok), then the logs are shrunk, then the writer tries each second. Nothing queued
 * is dropped; when 64 MB wait, readouts are refused at the door and counted (store_append () returns FALSE; event
 * store.refused).
 *
 * A queued row that breaks a rule of the schema (a point of a meter that is not there) is a bug of the caller: it is
 * logged as critical and left out, the rest of its group goes on.
 */
#pragma once

#include <journal/journal.h>
#include <host/mgh-readout.h>

G_BEGIN_DECLS

typedef struct _Store Store;

/* ---- the store itself */

typedef struct {
    const char *folder;   /* made 0700 when it is not there; its files are 0600 */
    gint64 reserve_bytes; /* -1: the smaller of 8 MB and 5 % of the file system; 0: none */
    gint64 commit_us;     /* what is queued waits no longer than this; 0: one second */
    gboolean keep_frames; /* telegrams are kept with their readouts: about as many bytes again */
} StoreOptions;

/*
 * Opens or makes both databases, raises the generation and syncs it, begins an epoch, starts the writer and becomes the
 * journal's sink. NULL: another process works on this folder, the folder cannot be written, or state.db is damaged (the
 * file is left as it is). A damaged readings.db is renamed to quarantine-TIME-readings.db and a new one begun (event
 * store.quarantined); the generation, one more than any that either database has seen, makes sure that no number is
 * used twice.
 */
Store *store_open (const StoreOptions *options, Journal *journal, GError **error);

/*
 * Commits what is queued, empties the logs, joins the writer, leaves the folder to others. Nobody else may use the
 * store or raise events by the journal at that time. What cannot be written (the disk is still full) is lost and
 * logged. NULL is fine.
 */
void store_close (Store *store);

/* 32 hex digits, made once with state.db. */
const char *store_gateway_uid (Store *store);

/* The epoch of now: a stretch of time within which the wall clock ran on without a step; it labels what is appended. */
guint32 store_epoch (Store *store);

/*
 * [queue] The clock stepped or was set by shift_ms, or became synchronised without a step (0). What is appended from
 * now on belongs to a new epoch. Earlier epochs of this boot that were not synchronised are dated anew: readers see
 * their times moved by shift_ms, and still that they were not synchronised.
 */
void store_new_epoch (Store *store, gboolean synchronised, gint64 shift_ms);

/* Everything up to this number is durable, and readers see it. At start: a number above all that was ever given out. */
gint64 store_committed_seq (Store *store);

/*
 * `func` is called in the writer thread after each commit: how many readouts and readings were kept by it, and up to
 * which number. It must not wait, nor call a [wait] function. Several may be added; none is removed.
 */
typedef void (*StoreCommitted) (gpointer data, gint64 seq, guint readouts, guint readings);
void store_on_commit (Store *store, StoreCommitted func, gpointer data);

/*
 * [queue] `func` runs in the main context once everything queued before is committed (error NULL), or when writing
 * failed: what was queued is kept in memory then and written later. Not called any more once the store closes.
 */
typedef void (*StoreDone) (gpointer data, const GError *error);
void store_sync (Store *store, StoreDone func, gpointer data);

/* [wait] The same for a thread that can wait. FALSE: writing fails at present; what was queued is kept in memory. */
gboolean store_flush (Store *store, GError **error);

typedef struct {
    guint64 readouts, readings; /* kept since the start */
    guint64 events;             /* kept since the start */
    guint64 commits, retries;   /* groups committed; attempts that failed */
    guint64 refused;            /* readouts refused because the queue was full */
    guint64 queued;             /* readouts, gaps and events that wait for their commit */
    gint64 database_bytes;      /* both databases and their logs */
    gint64 free_bytes;          /* of the file system; -1: unknown */
    gboolean full;              /* the disk is, or was and the reserve could not be made again yet */
} StoreStatistics;

/* A few stat () calls; any thread. */
void store_get_statistics (Store *store, StoreStatistics *out);

/* ---- meters, devices, points: rows as they are; the model gives them meaning. NULL texts count as "", "all" or "{}"
 */

typedef struct {
    gint64 id;       /* given out by the model, which is the only one who makes them (max + 1 at start) */
    const char *uid; /* 32 hex digits, unique */
    const char *label;
    const char *keep;     /* "all", "slot", "change", "live" */
    const char *settings; /* JSON object of the meter's own: {"cycle":"15min"} */
    guint32 medium;       /* MgMedium */
    gboolean active;
    gint64 removed_ms; /* 0: not removed */
    gint64 rev;        /* the model's revision */
} StoreMeter;

typedef struct {
    gint64 id, meter;
    const char *channel, *address;
    const char *identity; /* "MAN-SSSSSSSS-VERSION-MEDIUM" or "" */
    const char *settings; /* JSON object: device settings beside the address */
    gint64 from_seq;      /* mounted at that number */
    gint64 to_seq;        /* exchanged at that number; 0: mounted now */
} StoreDevice;

typedef struct {
    gint64 meter;
    guint idx; /* its number in the meter; with the key, for ever */
    const char *key;
    MgMeaning meaning;   /* as the driver said it; without raw and states */
    const char *by_hand; /* JSON object: label, obis, unit, description; they win */
    gboolean active;
    gint64 rev;
} StorePoint;

/* [queue] Insert or update by id; everything is copied. The meter goes before its devices and points. */
void store_put_meter (Store *store, const StoreMeter *meter);
void store_put_device (Store *store, const StoreDevice *device);
void store_put_point (Store *store, const StorePoint *point);

/* [queue] Replaces the tags of a point, or of the meter itself (idx -1), by these "k=v"; NULL or empty: none. Copies.
 */
void store_put_tags (Store *store, gint64 meter, gint idx, const char *const *tags);

/* Any function may be NULL; what they are given lives until they return. */
typedef struct {
    void (*meter) (gpointer data, const StoreMeter *meter);
    void (*device) (gpointer data, const StoreDevice *device);
    void (*point) (gpointer data, const StorePoint *point);
    void (*tag) (gpointer data, gint64 meter, gint idx, const char *key, const char *value);
} StoreLoad;

/* [reader] At start: all meters, then all devices, points and tags, each by id or meter and index. */
gboolean store_load (Store *store, const StoreLoad *load, gpointer data, GError **error);

/* ---- readouts */

/*
 * [queue] Appends a finished readout; indices[i] is the point of reading i (G_MAXUINT32: not kept). It is encoded
 * before this returns, a microsecond or two for 25 readings; no reference is kept. FALSE: the queue is full, nothing
 * was kept.
 */
gboolean store_append (Store *store, gint64 device, const MgReadout *readout, const guint32 *indices);

/*
 * [queue] One row of kind MG_READOUT_GAP when a meter goes silent, from its first missed due time on; nothing when one
 * is open already, also from before a restart. Closed when the meter returns or is removed; nothing when none is open.
 * As a readout: no readings, the due time is the gap's begin, the time its end, 0 while it is open. Closing changes the
 * row in place, its number stays.
 */
void store_gap_open (Store *store, gint64 device, gint64 from_due_ms);
void store_gap_close (Store *store, gint64 device, gint64 to_ms);

/* [reader] At start: the devices whose gap is open; they were silent when the gateway stopped. */
typedef void (*StoreGapFunc) (gint64 device, gpointer data);
gboolean store_open_gaps (Store *store, StoreGapFunc func, gpointer data, GError **error);

/* One row of the sequence as a reader sees it; lives until the callback returns (take a reference to the readout to
 * keep it). */
typedef struct {
    gint64 seq;
    gint64 device; /* 0: an event */
    guint32 kind;  /* MgReadoutKind */
    guint32 epoch;
    gboolean synchronised;     /* the epoch's clock was */
    const MgReadout *readout;  /* values, qualities, device times, no keys; NULL for events */
    const guint32 *indices;    /* the point of each reading */
    guint n;                   /* readings */
    const JournalEvent *event; /* or NULL */
} StoreRow;

typedef gboolean (*StoreRowFunc) (const StoreRow *row, gpointer data); /* FALSE: enough */

/*
 * [reader] Rows with after < seq <= upto (0: what is committed now), in order; events only if asked for. Memory is
 * bounded whatever the range. A row whose body is damaged comes with the readings before the damage and the reason as
 * the readout's error (partial).
 */
gboolean store_range (Store *store, gint64 after, gint64 upto, gboolean events, StoreRowFunc func, gpointer data,
                      GError **error);

/* [reader] The events alone with after < seq <= upto (0: what is committed now), in order. */
gboolean store_events (Store *store, gint64 after, gint64 upto, StoreRowFunc func, gpointer data, GError **error);

/* [reader] At start: newest readouts first, until func says enough or `max` rows were seen. */
gboolean store_newest (Store *store, guint max, StoreRowFunc func, gpointer data, GError **error);

/*
 * [wait] Deletes readouts and closed gaps that are older than `before_ms` and behind every cursor (what is frozen has
 * its own bytes), in slices, so that no commit waits for long; says how many. The space is used again, and given back
 * to the file system when it is much.
 */
gboolean store_prune (Store *store, gint64 before_ms, guint64 *deleted, GError **error);

/* ---- cursors and batches of reports */

typedef enum {
    STORE_BATCH_FROZEN = 1,    /* waits for its delivery */
    STORE_BATCH_DELIVERED = 2, /* the receiver said yes */
    STORE_BATCH_ASIDE = 3,     /* refused for good; a person may send it again */
    STORE_BATCH_TOMBSTONE = 4  /* given up: range and reason stay */
} StoreBatchState;

typedef struct {
    gint64 id;          /* given by store_batch_freeze () */
    const char *cursor; /* "report:billing" */
    gint64 first_seq, last_seq;
    gint64 due_ms, created_ms, done_ms;
    const char *identity; /* unique; equal identity means equal bytes */
    const char *name;     /* relative, of the final file */
    const char *spool;    /* file below the state folder; NULL: none (empty) */
    const char *sha256, *content_type;
    StoreBatchState state; /* 0 at the freeze: frozen */
    guint attempts;
    const char *code, *params; /* of the last error */
} StoreBatch;

/* The number up to which the cursor's owner has frozen (reports) or worked; from memory, what is durable. known FALSE
 * (may be NULL): never set. */
gboolean store_cursor_get (Store *store, const char *name, gint64 *seq, gboolean *known, GError **error);

/* [wait] A durable commit. Refused with MG_ERROR_RANGE beyond what is kept. */
gboolean store_cursor_set (Store *store, const char *name, gint64 seq, GError **error);

/* [queue] It holds up no retention any more. */
void store_cursor_drop (Store *store, const char *name);

/*
 * [wait] Freezes batches (n may be 0: nothing was selected) and moves the cursor to upto_seq in one durable commit;
 * fills in the ids. On an error (an identity that is taken, a number beyond what is kept) nothing is changed.
 */
gboolean store_batch_freeze (Store *store, const char *cursor, gint64 upto_seq, StoreBatch *batches, guint n,
                             GError **error);

/* [wait] Writes state, attempts, code, params and done_ms of the batch with this id. */
gboolean store_batch_update (Store *store, const StoreBatch *batch, GError **error);

typedef gboolean (*StoreBatchFunc) (const StoreBatch *batch,
                                    gpointer data); /* FALSE: enough; the batch lives until it returns */

/* [reader] Those of a cursor in one of the states (bit mask of 1 << state), oldest first. Memory does not grow with
 * their number. */
gboolean store_batches (Store *store, const char *cursor, guint states, StoreBatchFunc func, gpointer data,
                        GError **error);

/* ---- small state and secrets, by owner: kept in memory, seen by the next get at once, committed with the next group
 */

/* [queue] NULL: delete. A reference to the value is taken. */
void store_state_put (Store *store, const char *owner, const char *key, GBytes *value);

/* Full, or NULL: there is none. */
GBytes *store_state_get (Store *store, const char *owner, const char *key);

/* The same, apart from state, so that no listing of state can show them; the file is 0600, deleted secrets are
 * overwritten. */
void store_secret_put (Store *store, const char *owner, const char *key, GBytes *value);
GBytes *store_secret_get (Store *store, const char *owner, const char *key);

G_END_DECLS
