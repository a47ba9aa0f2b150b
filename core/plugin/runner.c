/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* runner.c: the guarded runner, the only place that calls a plugin's functions. */
#include "room.h"

#include <host/mgh-host.h>

typedef struct {
    PluginFeature *feature;
    const char *function;
    gint64 start_us;
    MarkCall mark;
} Guard;

static void guard_enter (Guard *guard, const PluginFeature *f, const char *function)
{
    guard->feature = (PluginFeature *) f; /* its statistics change, what the caller sees does not */
    guard->function = function;
    guard->start_us = g_get_monotonic_time ();
    g_atomic_int_inc (&f->module->running);
    marks_enter (&guard->mark, f->module->slot, function);
}

/* The last thing that touches the feature: an abandoned call may come back when nothing else is left of the room. */
static void guard_release (Guard *guard)
{
    g_atomic_int_add (&guard->feature->module->running, -1);
}

static void guard_count (Guard *guard, gboolean failed, gboolean bug)
{
    PluginFeature *f = guard->feature;
    gint64 us = g_get_monotonic_time () - guard->start_us;

    g_mutex_lock (&f->lock);
    f->statistics.calls++;
    f->statistics.failures += failed;
    f->statistics.bugs += bug;
    f->statistics.total_us += us;
    f->statistics.longest_us = MAX (f->statistics.longest_us, us);
    g_mutex_unlock (&f->lock);
}

/* Each function's bug makes one event, however often it is called; the count goes on. */
static gboolean guard_is_news (Guard *guard)
{
    PluginFeature *f = guard->feature;
    gboolean news = FALSE;

    g_mutex_lock (&f->lock);
    for (gsize i = 0; i < G_N_ELEMENTS (f->buggy) && f->buggy[i] != guard->function; i++) {
        if (f->buggy[i] != NULL)
            continue;
        f->buggy[i] = guard->function;
        news = TRUE;
        break;
    }
    g_mutex_unlock (&f->lock);
    return news;
}

static void guard_report (Guard *guard, const char *what)
{
    const PluginModule *module = guard->feature->module;
    g_autofree char *subject = g_strconcat ("plugin:", module->name, NULL);

    if (guard_is_news (guard) && module->journal != NULL)
        journal_raise (module->journal, "plugin.bug", subject, NULL, "what", what, NULL);
}

static void guard_done (Guard *guard)
{
    marks_leave (&guard->mark);
    guard_count (guard, FALSE, FALSE);
    guard_release (guard);
}

static gboolean guard_fail (Guard *guard, const char *what, GError **error)
{
    guard_report (guard, what);
    g_set_error (error, MG_ERROR, MG_ERROR_INTERNAL, "%s: %s", guard->feature->module->name, what);
    return FALSE;
}

static gboolean guard_leave (Guard *guard, gboolean ok, GError *failure, GError **error)
{
    gboolean bug = ok == (failure != NULL);

    marks_leave (&guard->mark);
    guard_count (guard, failure != NULL, bug);
    if (bug) {
        g_autofree char *what =
            ok ? g_strdup_printf ("%s () returned success with an error: %s", guard->function, failure->message)
               : g_strdup_printf ("%s () returned failure without an error", guard->function);
        g_clear_error (&failure);
        ok = guard_fail (guard, what, error);
    } else if (!ok) {
        g_propagate_prefixed_error (error, failure, "%s: ", guard->feature->module->name);
    }
    guard_release (guard);
    return ok;
}

static gboolean guard_lacks (const PluginFeature *f, const char *function, GError **error)
{
    g_set_error (error, MG_ERROR, MG_ERROR_UNSUPPORTED, "%s: it has no %s ()", f->module->name, function);
    return FALSE;
}

/* The body of a runner's function: calls one of the plugin's that takes `...` and an error, and says how that went. */
#define GUARDED(f, ops, function, ...)                                                                                 \
    Guard guard;                                                                                                       \
    GError *failure = NULL;                                                                                            \
    guard_enter (&guard, f, #function);                                                                                \
    gboolean ok = (ops).function (__VA_ARGS__, &failure) != 0;                                                         \
    return guard_leave (&guard, ok, failure, error)

/* The same for one that returns nothing, and that a plugin may leave out. */
#define GUARDED_VOID(f, ops, function, ...)                                                                            \
    Guard guard;                                                                                                       \
    if ((ops).function == NULL)                                                                                        \
        return;                                                                                                        \
    guard_enter (&guard, f, #function);                                                                                \
    (ops).function (__VA_ARGS__);                                                                                      \
    guard_done (&guard)

typedef gpointer (*CreateFunc) (MgHost *host, const MgConfig *config, GError **error);
typedef void (*DestroyFunc) (gpointer self);

/* A plugin without create () gets NULL as its `self`; to the caller the feature stands for it. */
static gpointer plugin_self (const PluginFeature *f, gpointer self)
{
    return self == f ? NULL : self;
}

/* Ends the call that made an instance, or did not. */
static gpointer guard_created (Guard *guard, gpointer self, GError *failure, DestroyFunc destroy, GError **error)
{
    if (self != NULL && failure != NULL && destroy != NULL)
        destroy (self);
    return guard_leave (guard, self != NULL, failure, error) ? self : NULL;
}

static gpointer plugin_create (const PluginFeature *f, CreateFunc create, DestroyFunc destroy, MgHost *host,
                               const MgConfig *config, GError **error)
{
    GError *failure = NULL;
    gpointer self;
    Guard guard;

    if (create == NULL)
        return (gpointer) f;
    guard_enter (&guard, f, "create");
    self = create (host, config, &failure);
    return guard_created (&guard, self, failure, destroy, error);
}

gpointer plugin_driver_create (const PluginFeature *f, MgHost *host, const MgConfig *channel, GError **error)
{
    return plugin_create (f, f->ops.driver.create, f->ops.driver.destroy, host, channel, error);
}

void plugin_driver_destroy (const PluginFeature *f, gpointer self)
{
    GUARDED_VOID (f, f->ops.driver, destroy, plugin_self (f, self));
}

gboolean plugin_driver_open (const PluginFeature *f, gpointer self, MgCall *call, GError **error)
{
    if (f->ops.driver.open == NULL)
        return TRUE;
    GUARDED (f, f->ops.driver, open, plugin_self (f, self), call);
}

void plugin_driver_close (const PluginFeature *f, gpointer self, MgCall *call)
{
    GUARDED_VOID (f, f->ops.driver, close, plugin_self (f, self), call);
}

gboolean plugin_driver_device_check (const PluginFeature *f, const MgConfig *device, GError **error)
{
    if (f->ops.driver.device_check == NULL)
        return TRUE;
    GUARDED (f, f->ops.driver, device_check, device);
}

static gboolean plugin_device_new (const PluginFeature *f, gpointer self, MgDevice *device, gpointer *data,
                                   GError **error)
{
    GUARDED (f, f->ops.driver, device_new, plugin_self (f, self), device, data);
}

gboolean plugin_driver_device_new (const PluginFeature *f, gpointer self, MgDevice *device, GError **error)
{
    gpointer data = NULL;

    if (f->ops.driver.device_new != NULL && !plugin_device_new (f, self, device, &data, error))
        return FALSE;
    mgh_device_set_data (device, data);
    return TRUE;
}

void plugin_driver_device_free (const PluginFeature *f, gpointer self, MgDevice *device)
{
    gpointer data = mg_device_get_data (device);

    mgh_device_set_data (device, NULL);
    GUARDED_VOID (f, f->ops.driver, device_free, plugin_self (f, self), data);
}

gboolean plugin_driver_read (const PluginFeature *f, gpointer self, MgDevice *device, MgCall *call, MgReadout *out,
                             GError **error)
{
    if (f->ops.driver.read == NULL)
        return guard_lacks (f, "read", error);
    GUARDED (f, f->ops.driver, read, plugin_self (f, self), device, call, out);
}

gboolean plugin_driver_listen (const PluginFeature *f, gpointer self, MgCall *call, GError **error)
{
    if (f->ops.driver.listen == NULL)
        return guard_lacks (f, "listen", error);
    GUARDED (f, f->ops.driver, listen, plugin_self (f, self), call);
}

gboolean plugin_driver_probe (const PluginFeature *f, gpointer self, MgDevice *device, MgCall *call, MgFound *found,
                              GError **error)
{
    if (f->ops.driver.probe == NULL)
        return guard_lacks (f, "probe", error);
    GUARDED (f, f->ops.driver, probe, plugin_self (f, self), device, call, found);
}

gboolean plugin_driver_scan (const PluginFeature *f, gpointer self, const MgConfig *options, MgCall *call,
                             GError **error)
{
    if (f->ops.driver.scan == NULL)
        return guard_lacks (f, "scan", error);
    GUARDED (f, f->ops.driver, scan, plugin_self (f, self), options, call);
}

gboolean plugin_driver_command (const PluginFeature *f, gpointer self, MgDevice *device, MgCommandCall *command,
                                MgCall *call, MgReadout *out, GError **error)
{
    if (f->ops.driver.command == NULL)
        return guard_lacks (f, "command", error);
    GUARDED (f, f->ops.driver, command, plugin_self (f, self), device, command, call, out);
}

gboolean plugin_driver_decode (const PluginFeature *f, const MgConfig *device, const guint8 *frame, gsize len,
                               MgCall *call, MgReadout *out, GError **error)
{
    if (f->ops.driver.decode == NULL)
        return guard_lacks (f, "decode", error);
    GUARDED (f, f->ops.driver, decode, device, frame, len, call, out);
}

gpointer plugin_format_create (const PluginFeature *f, MgHost *host, const MgConfig *config, GError **error)
{
    return plugin_create (f, f->ops.format.create, f->ops.format.destroy, host, config, error);
}

void plugin_format_destroy (const PluginFeature *f, gpointer self)
{
    GUARDED_VOID (f, f->ops.format, destroy, plugin_self (f, self));
}

gboolean plugin_format_begin (const PluginFeature *f, gpointer self, MgOutput *out, MgCall *call, GError **error)
{
    if (f->ops.format.begin == NULL)
        return TRUE;
    GUARDED (f, f->ops.format, begin, plugin_self (f, self), out, call);
}

gboolean plugin_format_item (const PluginFeature *f, gpointer self, const MgItem *item, MgOutput *out, MgCall *call,
                             GError **error)
{
    if (f->ops.format.item == NULL)
        return guard_lacks (f, "item", error);
    GUARDED (f, f->ops.format, item, plugin_self (f, self), item, out, call);
}

gboolean plugin_format_end (const PluginFeature *f, gpointer self, MgOutput *out, MgCall *call, GError **error)
{
    if (f->ops.format.end == NULL)
        return TRUE;
    GUARDED (f, f->ops.format, end, plugin_self (f, self), out, call);
}

gpointer plugin_transport_create (const PluginFeature *f, MgHost *host, const MgConfig *config, GError **error)
{
    return plugin_create (f, f->ops.transport.create, f->ops.transport.destroy, host, config, error);
}

void plugin_transport_destroy (const PluginFeature *f, gpointer self)
{
    GUARDED_VOID (f, f->ops.transport, destroy, plugin_self (f, self));
}

gboolean plugin_transport_open (const PluginFeature *f, gpointer self, MgCall *call, GError **error)
{
    if (f->ops.transport.open == NULL)
        return TRUE;
    GUARDED (f, f->ops.transport, open, plugin_self (f, self), call);
}

void plugin_transport_close (const PluginFeature *f, gpointer self, MgCall *call)
{
    GUARDED_VOID (f, f->ops.transport, close, plugin_self (f, self), call);
}

gboolean plugin_transport_deliver (const PluginFeature *f, gpointer self, MgDelivery *delivery, MgCall *call,
                                   GError **error)
{
    if (f->ops.transport.deliver == NULL)
        return guard_lacks (f, "deliver", error);
    GUARDED (f, f->ops.transport, deliver, plugin_self (f, self), delivery, call);
}

gpointer plugin_service_create (const PluginFeature *f, MgService *service, const MgConfig *config, GError **error)
{
    GError *failure = NULL;
    Guard guard;

    guard_enter (&guard, f, "create");
    gpointer self = f->ops.service.create (service, config, &failure);
    return guard_created (&guard, self, failure, f->ops.service.destroy, error);
}

void plugin_service_destroy (const PluginFeature *f, gpointer self)
{
    GUARDED_VOID (f, f->ops.service, destroy, self);
}

gboolean plugin_service_start (const PluginFeature *f, gpointer self, MgCall *call, GError **error)
{
    if (f->ops.service.start == NULL)
        return TRUE;
    GUARDED (f, f->ops.service, start, self, call);
}

void plugin_service_stop (const PluginFeature *f, gpointer self)
{
    GUARDED_VOID (f, f->ops.service, stop, self);
}

void plugin_service_updated (const PluginFeature *f, gpointer self, const MgMeterNow *now)
{
    GUARDED_VOID (f, f->ops.service, updated, self, now);
}

void plugin_service_removed (const PluginFeature *f, gpointer self, guint32 meter_id)
{
    GUARDED_VOID (f, f->ops.service, removed, self, meter_id);
}

void plugin_service_more (const PluginFeature *f, gpointer self, const char *cursor)
{
    GUARDED_VOID (f, f->ops.service, more, self, cursor);
}

void plugin_service_run (const PluginFeature *f, GMainLoop *loop)
{
    Guard guard;

    guard_enter (&guard, f, "event loop");
    g_main_loop_run (loop);
    marks_leave (&guard.mark); /* no call that could be counted or measured */
    guard_release (&guard);
}

void plugin_feature_get_statistics (const PluginFeature *f, PluginStatistics *out)
{
    GMutex *lock = &((PluginFeature *) f)->lock;

    g_mutex_lock (lock);
    *out = f->statistics;
    g_mutex_unlock (lock);
}
