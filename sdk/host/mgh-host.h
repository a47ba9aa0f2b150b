/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mgh-host.h: how the daemon (and a test) makes the MgHost, MgDevice, MgCommandCall and MgCall that a plugin is given.
 * Host side: for the daemon and for tests, not installed, no ABI promise.
 */
#pragma once

#include <host/mgh-clock.h>

G_BEGIN_DECLS

/* -------------------------------------------------------------------------------------------------------------- hosts
 */

/* What stands behind an MgHost. Every function may be called from any thread; NULL: a harmless default (log to GLib's
 * log, no facts, no state, no numbers). Parameters are good within the call. */
typedef struct {
    gsize struct_size;
    const char *(*get_fact) (gpointer owner, const char *fact);
    void (*log) (gpointer owner, GLogLevelFlags level, const char *text);
    void (*count) (gpointer owner, const char *counter, gint64 add);
    void (*raise) (gpointer owner, const char *code, guint32 meter, const char *key,
                   const char *const *params /* name, value, ... NULL */);
    void (*put_state) (gpointer owner, const char *key, GBytes *value /* NULL: delete */);
    GBytes *(*get_state) (gpointer owner, const char *key); /* full */
    gboolean (*allot) (gpointer owner, const char *space, const char *key, guint32 low, guint32 high, guint32 width,
                       guint32 wish, guint32 *first, GError **error);
    void (*release) (gpointer owner, const char *space, const char *key);
} MghHostOps;

/* Full. `clock` NULL: the real one; `ops` NULL: defaults only. `owner` must outlive it. */
MgHost *mgh_host_new (const char *name, MghClock *clock, const MghHostOps *ops, gpointer owner);
void mgh_host_free (MgHost *host);
MghClock *mgh_host_get_clock (MgHost *host);

/* ------------------------------------------------------------------------------------------------------------ devices
 */

/* A device as the channel's side sees it: a copy, with atomic references. `id` is the store's device id, 0 in tests. A
 * reference to `config` is taken; it may be NULL. */
MgDevice *mgh_device_new (guint32 id, const char *address, MgConfig *config);
MgDevice *mgh_device_ref (MgDevice *device);
void mgh_device_unref (MgDevice *device);
guint32 mgh_device_get_id (MgDevice *device);

/* What device_new () gave; the host calls device_free () itself. */
void mgh_device_set_data (MgDevice *device, gpointer data);

/* What mg_device_offer () gave it. */
const MgCommand *const *mgh_device_get_commands (MgDevice *device, guint *n);

/* ----------------------------------------------------------------------------------------------------------- commands
 */

/* Called at most once, by mg_command_call_done (), on the plugin's thread. error: full; NULL: done. */
typedef void (*MghCommandDone) (gpointer owner, GError *error);

/* A command on its way (full). A reference to `args` is taken; it may be NULL. `done` NULL: nobody waits. */
MgCommandCall *mgh_command_call_new (const char *name, MgConfig *args, const char *id, guint32 meter,
                                     MghCommandDone done, gpointer owner);
void mgh_command_call_free (MgCommandCall *c);

/* -------------------------------------------------------------------------------------------------------------- calls
 */

/* What stands behind an MgCall; runs on the calling plugin's thread. NULL functions do nothing (what they were to take
 * is freed; every point is wanted; nothing was kept). */
typedef struct {
    gsize struct_size;
    void (*step) (gpointer owner, MgStep outcome, const char *code, const char *text);
    void (*progress) (gpointer owner, guint64 done, guint64 total, const char *what);
    gboolean (*wants) (gpointer owner, const char *key);
    gboolean (*get_last_kept) (gpointer owner, gint64 *utc_ms, MgValue *device_time);
    void (*emit) (gpointer owner, MgReadout *readout /* full */);
    void (*failed) (gpointer owner, MgDevice *device, GError *why /* full */);
    void (*found) (gpointer owner, MgFound *found /* full */);
} MghCallOps;

typedef struct {
    gsize struct_size;
    const MghCallOps *ops; /* NULL: none */
    gpointer owner;
    MgLine *line;              /* NULL: none */
    MghClock *clock;           /* NULL: the line's, else the real one */
    gint64 deadline_us;        /* by that clock; 0: none */
    GCancellable *cancellable; /* NULL: none */
    guint attempt;
    const char *actor;        /* NULL: "schedule" */
    MgDevice *const *devices; /* of this channel on this line; borrowed until the call is freed */
    guint n_devices;
} MghCallInfo;

/* Full. Keeps references to line, clock and cancellable, borrows the devices, copies the rest. */
MgCall *mgh_call_new (const MghCallInfo *info);
void mgh_call_free (MgCall *call);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MgHost, mgh_host_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MgDevice, mgh_device_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MgCall, mgh_call_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MgCommandCall, mgh_command_call_free)
G_END_DECLS
