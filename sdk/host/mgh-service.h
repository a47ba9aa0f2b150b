/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mgh-service.h: what stands behind an MgService. Host side: for the daemon and for tests, not installed, no ABI
 * promise. */
#pragma once

#include <host/mgh-host.h>

G_BEGIN_DECLS

/*
 * One function for each of mg_service_*; the meaning is told in <metergate/mg-service.h>. All run on the service's own
 * thread, but for `emit`, which a finished range may call from there too. A function that is NULL: the plugin gets
 * MG_ERROR_UNSUPPORTED where it can take an error, else a harmless result (no meters, age -1, timer 0). `done` of an
 * asynchronous function is called from the service's main context, never within the call itself.
 */
typedef struct {
    gsize struct_size;
    void (*set_fault) (gpointer owner, const GError *fault);
    guint (*get_meters) (gpointer owner, const MgMeterNow *const **meters);
    const MgMeterNow *(*find) (gpointer owner, guint32 meter_id);
    gint64 (*get_age_ms) (gpointer owner, const MgReading *reading);
    void (*subscribe) (gpointer owner, const MgSelector *selector);
    guint (*after) (gpointer owner, gint64 us, GSourceFunc func, gpointer data);
    void (*cancel) (gpointer owner, guint timer);
    GSocket *(*bind) (gpointer owner, const char *address, GError **error);
    int (*take_line) (gpointer owner, const char *line, GError **error);
    gboolean (*next) (gpointer owner, const char *cursor, MgItem **item, GError **error);
    void (*done) (gpointer owner, const char *cursor, gint64 seq);
    /* The host returns the task's result by g_task_return_boolean (). `range` is good during the call only. */
    void (*range) (gpointer owner, const MgRange *range, MgItemFunc func, gpointer data, GTask *task /* full */);
    guint32 (*declare) (gpointer owner, const MgFound *meter, const char *label, const char *origin, GError **error);
    MgReadout *(*readout) (gpointer owner, guint32 meter_id, guint32 kind, gint64 at_ms);
    void (*emit) (gpointer owner, MgReadout *readout /* full */);
    /* By g_task_return_pointer () an MgReadout, full, or NULL with an error. `request` is good during the call only. */
    void (*command) (gpointer owner, const MgCommandRequest *request, GTask *task /* full */);
} MghServiceOps;

MgService *mgh_service_new (MgHost *host, const MghServiceOps *ops, gpointer owner); /* full; `host` must outlive it */
void mgh_service_free (MgService *service);

G_END_DECLS
