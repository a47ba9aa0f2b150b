/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * store-private.h: what the files of the store share: the object, its jobs, its reading connections.
 *
 * Locks: `lock` guards the queue, the counters and the epochs; `memory_lock` the small state, secrets and cursors. No
 * lock is held while SQLite or somebody else's function runs; `memory_lock` may be held when `lock` is taken, never the
 * other way round.
 */
#pragma once

#include <store/store.h>

#include "database.h"
#include "files.h"

G_BEGIN_DECLS

typedef struct _StoreJob StoreJob;

/* One kind of job. A job touches one database at most, so that a group whose state is committed repeats its readings
 * alone. */
typedef struct {
    const char *name; /* for errors: "meter", "batch" */
    StoreDbKind database;
    gboolean is_readout;      /* counts for the size of a group */
    gboolean is_row;          /* a readout, gap or event: counts as waiting */
    gboolean answers_failure; /* only waits: told of the first failure instead of waiting for the disk */
    gsize queue_bytes;        /* refused when the queue is larger with it; 0: never */
    /* In the writer thread, within the database's transaction; again after a failure, so it must come to the same
     * result then. The extended SQLite code; a refusal of its own (not SQLite's) is SQLITE_OK with job->error set and
     * nothing written. */
    int (*run) (Store *store, StoreJob *job);
    void (*ended) (Store *store, StoreJob *job, const GError *error); /* or NULL; durable now, or refused for good */
    void (*free_data) (StoreJob *job);                                /* or NULL; what hangs on the job */
} StoreJobKind;

typedef struct {
    GMutex lock;
    GCond cond;
    gboolean done;
    GError *error;
} StoreWait;

struct _StoreJob {
    StoreJob *next;
    const StoreJobKind *kind;
    StoreWait *wait;  /* somebody waits for it, or NULL; commit at once */
    GError *error;    /* refused for good */
    gint64 queued_us; /* g_get_monotonic_time () */
    gint64 seq;       /* taken at the first run; 0: none yet */
    gsize size;       /* bytes of memory, for the queue's limit */
    guint readings;
    gboolean urgent;
};

typedef struct {
    StoreJob *first, **last;
    guint jobs, readouts;
} StoreQueue;

typedef struct {
    gboolean synchronised, this_boot;
    gint64 shift_ms;
} StoreEpoch;

typedef struct {
    StoreCommitted func;
    gpointer data;
} StoreListener;

typedef struct {
    StoreDb *state, *readings;
    guint age; /* of the pool when it was opened */
} StoreReader;

struct _Store {
    Journal *journal;
    char *folder;
    gint64 reserve_bytes, commit_us;
    gboolean keep_frames;
    int lock_fd;
    char gateway_uid[33];

    StoreDb *db[2]; /* the writer thread's own, by StoreDbKind */
    GThread *writer;

    GMutex lock;
    GCond wake;
    StoreQueue queue;
    gsize queued_bytes; /* of the queue and of the group at work */
    guint urgent;       /* jobs in the queue that want their commit now */
    guint waiting;      /* readouts and events not committed */
    gboolean closing;
    gint refusing; /* atomic: the queue was full at the last append */
    StoreStatistics counted;
    GArray *epochs; /* of StoreEpoch, [id] */
    guint32 epoch;
    guint8 boot_id[16];
    GArray *listeners; /* of StoreListener */

    gint64 committed;      /* atomic */
    gint64 numbered;       /* last number given out; the writer thread's */
    gboolean full;         /* the writer's: the disk was full, and the reserve is not made again yet */
    gint64 quarantined_us; /* the writer's: g_get_monotonic_time () of the last quarantine, 0: none */
    gboolean suspect[2];   /* the writer's, by StoreDbKind: a write or sync failed, the log may have a hole */
    gboolean told_failed;  /* the writer's: an event says that writing fails */

    GMutex memory_lock;
    GHashTable *state, *secrets; /* "owner\nkey" -> GBytes */
    GHashTable *cursors;         /* name -> gint64 */

    GMutex reader_lock;
    GQueue readers; /* idle */
    guint reader_age;
};

/* ---- writer.c */
StoreJob *store_job_new (const StoreJobKind *kind,
                         gsize size);                   /* zeroed; `size` of the struct that begins with a StoreJob */
gboolean store_queue_job (Store *store, StoreJob *job); /* takes it; FALSE: the queue is full, and it was freed */
/* Queues it and waits for its commit. A job may point to the caller's variables, which live until this returns. */
gboolean store_queue_and_wait (Store *store, StoreJob *job, GError **error);
void store_writer_start (Store *store);
void store_writer_stop (Store *store);
gint64 store_next_number (Store *store); /* the writer thread only */
gint64 store_now_ms (void);

/* ---- recovery.c: disk full, failed writes, damage; the writer thread's, except at open */
/* After a failed attempt on one database: makes space, or opens it again. TRUE: try again at once. */
gboolean store_recover (Store *store, StoreDbKind where, guint attempts, const GError *error);
void store_begin_full (Store *store);  /* the disk counts as full, and it is said */
void store_end_failure (Store *store); /* after a commit: says so when writing works again */
void store_end_full (Store *store);    /* makes the reserve again when there is space */
gboolean store_reopen (Store *store, StoreDbKind kind, GError **error);
StoreDb *store_open_state (Store *store, GError **error);
StoreDb *store_open_readings (Store *store, GError **error); /* quarantines a damaged one */

/* ---- others */
gboolean store_begin (Store *store, GError **error); /* at open: identity, generation, epoch, in one commit */
StoreEpoch store_get_epoch (Store *store, guint32 epoch);
gboolean store_load_memory (Store *store, GError **error); /* small state, secrets, cursors */
gboolean store_load_cursors (Store *store, GError **error);
gint64 store_lowest_cursor (Store *store); /* what is committed, when there is none */
void store_event_sink (gpointer store, const JournalEvent *event);
StoreReader *store_reader_take (Store *store, GError **error);
void store_reader_give (Store *store, StoreReader *reader);
void store_readers_close (Store *store);

#define STORE_QUEUE_MAX_BYTES (64 * 1024 * 1024)
#define STORE_EVENTS_MAX_BYTES                                                                                         \
    (STORE_QUEUE_MAX_BYTES + 4 * 1024 * 1024) /* events still find room when readouts do not */
#define STORE_GROUP_READOUTS 500

G_END_DECLS
