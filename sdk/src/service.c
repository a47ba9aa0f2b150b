/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* service.c: what a service asks of its host, handed on to the table that the host filled. */
#include <metergate.h>

#include <host/mgh-module.h>
#include <host/mgh-service.h>

struct _MgService {
    MgHost *host;
    MghServiceOps ops;
    gpointer owner;
};

MgService *mgh_service_new (MgHost *host, const MghServiceOps *ops, gpointer owner)
{
    MgService *s = g_new0 (MgService, 1);

    s->host = host;
    s->owner = owner;
    mgh_struct_copy (&s->ops, sizeof s->ops, ops, 0);
    return s;
}

void mgh_service_free (MgService *service)
{
    g_free (service);
}

static void service_set_lacks (const char *what, GError **error)
{
    g_set_error (error, MG_ERROR, MG_ERROR_UNSUPPORTED, "this gateway does not offer %s to services", what);
}

MgHost *mg_service_get_host (MgService *s)
{
    return s->host;
}

void mg_service_set_fault (MgService *s, const GError *fault)
{
    if (s->ops.set_fault != NULL)
        s->ops.set_fault (s->owner, fault);
}

guint mg_service_get_meters (MgService *s, const MgMeterNow *const **meters)
{
    static const MgMeterNow *const none[] = { NULL };

    *meters = none;
    return s->ops.get_meters != NULL ? s->ops.get_meters (s->owner, meters) : 0;
}

const MgMeterNow *mg_service_find (MgService *s, guint32 meter_id)
{
    return s->ops.find != NULL ? s->ops.find (s->owner, meter_id) : NULL;
}

gint64 mg_service_get_age_ms (MgService *s, const MgReading *reading)
{
    return s->ops.get_age_ms != NULL ? s->ops.get_age_ms (s->owner, reading) : -1;
}

void mg_service_subscribe (MgService *s, const MgSelector *selector)
{
    if (s->ops.subscribe != NULL)
        s->ops.subscribe (s->owner, selector);
}

guint mg_service_after (MgService *s, gint64 us, GSourceFunc func, gpointer data)
{
    return s->ops.after != NULL ? s->ops.after (s->owner, us, func, data) : 0;
}

void mg_service_cancel (MgService *s, guint timer)
{
    if (s->ops.cancel != NULL && timer != 0)
        s->ops.cancel (s->owner, timer);
}

GSocket *mg_service_bind (MgService *s, const char *address, GError **error)
{
    if (s->ops.bind != NULL)
        return s->ops.bind (s->owner, address, error);
    service_set_lacks ("sockets", error);
    return NULL;
}

int mg_service_take_line (MgService *s, const char *line, GError **error)
{
    if (s->ops.take_line != NULL)
        return s->ops.take_line (s->owner, line, error);
    service_set_lacks ("lines", error);
    return -1;
}

gboolean mg_service_next (MgService *s, const char *cursor, MgItem **item, GError **error)
{
    *item = NULL;
    if (s->ops.next != NULL)
        return s->ops.next (s->owner, cursor, item, error);
    service_set_lacks ("cursors", error);
    return FALSE;
}

void mg_service_done (MgService *s, const char *cursor, gint64 seq)
{
    if (s->ops.done != NULL)
        s->ops.done (s->owner, cursor, seq);
}

void mg_service_range_async (MgService *s, const MgRange *range, MgItemFunc func, GCancellable *c,
                             GAsyncReadyCallback done, gpointer data)
{
    GTask *task = g_task_new (NULL, c, done, data);
    GError *error = NULL;
    MgRange r;

    g_task_set_source_tag (task, mg_service_range_async);
    if (s->ops.range != NULL && mgh_struct_copy (&r, sizeof r, range, sizeof (gsize))) {
        s->ops.range (s->owner, &r, func, data, task);
        return;
    }
    service_set_lacks ("history", &error);
    g_task_return_error (task, error);
    g_object_unref (task);
}

gboolean mg_service_range_finish (MgService *s G_GNUC_UNUSED, GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean (G_TASK (result), error);
}

guint32 mg_service_declare (MgService *s, const MgFound *meter, const char *label, const char *origin, GError **error)
{
    if (s->ops.declare != NULL)
        return s->ops.declare (s->owner, meter, label, origin, error);
    service_set_lacks ("meters of their own", error);
    return 0;
}

MgReadout *mg_service_readout (MgService *s, guint32 meter_id, guint32 kind, gint64 at_ms)
{
    return s->ops.readout != NULL ? s->ops.readout (s->owner, meter_id, kind, at_ms) : mg_readout_new (NULL);
}

void mg_service_emit (MgService *s, MgReadout *readout)
{
    if (s->ops.emit != NULL)
        s->ops.emit (s->owner, readout);
    else
        mg_readout_unref (readout);
}

void mg_service_command_async (MgService *s, const MgCommandRequest *request, GCancellable *c, GAsyncReadyCallback done,
                               gpointer data)
{
    GTask *task = g_task_new (NULL, c, done, data);
    GError *error = NULL;
    MgCommandRequest r;

    g_task_set_source_tag (task, mg_service_command_async);
    if (s->ops.command != NULL && mgh_struct_copy (&r, sizeof r, request, sizeof (gsize))) {
        s->ops.command (s->owner, &r, task);
        return;
    }
    service_set_lacks ("commands", &error);
    g_task_return_error (task, error);
    g_object_unref (task);
}

MgReadout *mg_service_command_finish (MgService *s G_GNUC_UNUSED, GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer (G_TASK (result), error);
}
