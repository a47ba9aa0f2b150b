/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* instance.c: the thread of one service: create, start with back-off, values in, stop, destroy. */
#include <metergate.h>

#include "instance.h"

#define START_TIMEOUT_US (30 * (gint64) G_USEC_PER_SEC)
#define RETRY_MAX_S      60
#define DRAIN_MAX        1000 /* what a plugin's own sources may still do between stop () and destroy () */

typedef struct {
    MgMeterNow *now; /* NULL: the meter is gone */
    ImageTime came;
} Letter;

static void letter_free (gpointer data)
{
    mg_meter_now_unref (((Letter *) data)->now);
    g_free (data);
}

ImageTime instance_time (Instance *instance)
{
    MghClock *clock = mgh_host_get_clock (instance->options.host);

    return (ImageTime){ mgh_clock_now_ms (clock), mgh_clock_mono_us (clock) };
}

void instance_set_fault (Instance *instance, const GError *fault)
{
    const char *text = fault != NULL ? fault->message : NULL;

    g_mutex_lock (&instance->lock);
    gboolean same = g_strcmp0 (instance->fault, text) == 0;
    g_free (instance->fault);
    instance->fault = g_strdup (text);
    g_mutex_unlock (&instance->lock);
    if (!same && text != NULL)
        journal_raise (instance->options.journal, "service.fault", instance->subject, NULL, "reason", text, NULL);
    else if (!same)
        journal_raise (instance->options.journal, "service.ok", instance->subject, NULL, NULL);
}

static gboolean instance_is_stopping (Instance *instance)
{
    g_mutex_lock (&instance->lock);
    gboolean stopping = instance->stopping;
    g_mutex_unlock (&instance->lock);
    return stopping;
}

static gboolean instance_is_started (Instance *instance)
{
    g_mutex_lock (&instance->lock);
    gboolean started = instance->started;
    g_mutex_unlock (&instance->lock);
    return started;
}

static void instance_set_started (Instance *instance, gboolean started)
{
    g_mutex_lock (&instance->lock);
    instance->started = started;
    g_mutex_unlock (&instance->lock);
}

/* ---- values in */

static gboolean instance_wants (const Instance *instance, const MgMeterNow *now)
{
    return now != NULL && instance->subscribed &&
           (instance->selector == NULL || mg_selector_matches (instance->selector, mg_meter_now_get_meter (now), NULL));
}

/* A meter that the selector does not mean any more is told of once more: its description has changed. */
static void instance_open_letter (Instance *instance, guint32 id, Letter *letter)
{
    const PluginFeature *feature = instance->options.feature;
    gboolean gone = letter->now == NULL;
    MgMeterNow *old = gone ? image_drop (&instance->image, id)
                           : image_put (&instance->image, mg_meter_now_ref (letter->now), letter->came);

    if (instance->self != NULL && gone && old != NULL)
        plugin_service_removed (feature, instance->self, id);
    else if (instance->self != NULL && !gone &&
             (instance_wants (instance, letter->now) || instance_wants (instance, old)))
        plugin_service_updated (feature, instance->self, letter->now);
    mg_meter_now_unref (old);
}

static gint compare_ids (gconstpointer a, gconstpointer b)
{
    guint x = GPOINTER_TO_UINT (a), y = GPOINTER_TO_UINT (b);

    return x < y ? -1 : x > y;
}

static gboolean instance_on_wake (gpointer data)
{
    Instance *instance = data;

    g_source_set_ready_time (instance->wake, -1);
    if (instance_is_stopping (instance)) {
        g_main_loop_quit (instance->loop);
        return G_SOURCE_CONTINUE;
    }
    g_mutex_lock (&instance->lock);
    GHashTable *inbox = instance->inbox;
    FollowWindow *window = g_steal_pointer (&instance->window);
    instance->inbox = g_hash_table_new_full (NULL, NULL, NULL, letter_free);
    g_mutex_unlock (&instance->lock);
    g_autoptr (GList) ids = g_list_sort (g_hash_table_get_keys (inbox), compare_ids);
    for (GList *at = ids; at != NULL; at = at->next)
        instance_open_letter (instance, GPOINTER_TO_UINT (at->data), g_hash_table_lookup (inbox, at->data));
    g_hash_table_unref (inbox);
    if (window != NULL)
        follow_take_window (instance->follow, window);
    return G_SOURCE_CONTINUE;
}

static gboolean wake_dispatch (GSource *source, GSourceFunc func, gpointer data)
{
    return func (data);
}

static GSourceFuncs wake_funcs = { .dispatch = wake_dispatch };

/* ---- cursors */

/* On the room's context: the number first, so that the catalogue has every point of what is committed by then. */
static gboolean instance_make_window (gpointer data)
{
    Instance *instance = data;
    FollowWindow *window = g_new (FollowWindow, 1);

    window->committed_seq = store_committed_seq (instance->options.store);
    window->catalogue = model_catalogue (instance->options.model);
    g_mutex_lock (&instance->lock);
    follow_window_free (instance->window);
    instance->window = window;
    g_mutex_unlock (&instance->lock);
    g_source_set_ready_time (instance->wake, 0);
    return G_SOURCE_REMOVE;
}

/* Comes before `ended`, as sources of one priority keep their order. */
static void instance_call (Instance *instance, GSourceFunc func, gpointer data)
{
    GSource *source = g_idle_source_new ();

    g_source_set_priority (source, G_PRIORITY_DEFAULT);
    g_source_set_callback (source, func, data, NULL);
    g_source_attach (source, instance->options.context);
    g_source_unref (source);
}

static void instance_ask_window (gpointer data)
{
    instance_call (data, instance_make_window, data);
}

static void instance_more (gpointer data, const char *cursor)
{
    Instance *instance = data;

    if (instance->self != NULL)
        plugin_service_more (instance->options.feature, instance->self, cursor);
}

static gboolean instance_beat (gpointer data)
{
    Instance *instance = data;

    follow_write_all (instance->follow);
    follow_tick (instance->follow);
    return G_SOURCE_CONTINUE;
}

Follow *instance_follow (Instance *instance)
{
    const FollowLinks links = { instance, instance_ask_window, instance_more };

    if (instance->follow != NULL)
        return instance->follow;
    instance->follow = follow_new (instance->options.store, instance->options.journal, instance->subject, &links);
    instance->beat = g_timeout_source_new_seconds (1);
    g_source_set_callback (instance->beat, instance_beat, instance, NULL);
    g_source_attach (instance->beat, instance->context);
    return instance->follow;
}

static void instance_end_follow (Instance *instance)
{
    if (instance->follow == NULL)
        return;
    g_source_destroy (instance->beat);
    g_clear_pointer (&instance->beat, g_source_unref);
    g_clear_pointer (&instance->follow, follow_free);
}

/* ---- life */

static gboolean instance_on_retry (gpointer data);

static void instance_retry_later (Instance *instance)
{
    guint wait_s = MIN (1u << MIN (instance->failures, 6), RETRY_MAX_S);

    instance->failures++;
    instance->retry = g_timeout_source_new_seconds (wait_s);
    g_source_set_callback (instance->retry, instance_on_retry, instance, NULL);
    g_source_attach (instance->retry, instance->context);
}

static void instance_end_retry (Instance *instance)
{
    if (instance->retry != NULL)
        g_source_destroy (instance->retry);
    g_clear_pointer (&instance->retry, g_source_unref);
}

static void instance_try_start (Instance *instance)
{
    gint64 timeout_us = instance->options.start_timeout_us > 0 ? instance->options.start_timeout_us : START_TIMEOUT_US;
    MghCallInfo info =
        MG_INIT (MghCallInfo, .clock = mgh_host_get_clock (instance->options.host),
                 .deadline_us = instance_time (instance).mono_us + timeout_us, .cancellable = instance->cancellable,
                 .attempt = instance->failures + 1, .actor = instance->subject);
    g_autoptr (MgCall) call = mgh_call_new (&info);
    g_autoptr (GError) error = NULL;

    if (plugin_service_start (instance->options.feature, instance->self, call, &error)) {
        instance->failures = 0;
        instance_set_started (instance, TRUE);
        instance_set_fault (instance, NULL);
    } else if (!instance_is_stopping (instance)) {
        instance_set_fault (instance, error);
        if (!g_error_matches (error, MG_ERROR, MG_ERROR_CONFIG)) /* that waits for a person */
            instance_retry_later (instance);
    }
}

static gboolean instance_on_retry (gpointer data)
{
    Instance *instance = data;

    instance_end_retry (instance);
    instance_try_start (instance);
    return G_SOURCE_REMOVE;
}

static void instance_live (Instance *instance)
{
    const PluginFeature *feature = instance->options.feature;
    g_autoptr (GError) error = NULL;

    instance->self = plugin_service_create (feature, instance->service, instance->options.values, &error);
    if (instance->self == NULL)
        instance_set_fault (instance, error);
    else
        instance_try_start (instance);
    plugin_service_run (feature, instance->loop);
    instance_end_retry (instance);
    if (instance->self == NULL)
        return;
    if (instance_is_started (instance))
        plugin_service_stop (feature, instance->self);
    instance_set_started (instance, FALSE);
    instance_end_timers (instance);
    for (guint i = 0; i < DRAIN_MAX && g_main_context_iteration (instance->context, FALSE); i++)
        ; /* requests that were answered already come to their end */
    instance_end_timers (instance);
    plugin_service_destroy (feature, instance->self);
    instance->self = NULL;
}

static gpointer instance_thread (gpointer data)
{
    Instance *instance = data;

    g_main_context_push_thread_default (instance->context);
    instance->service = mgh_service_new (instance->options.host, &instance_offers, instance);
    instance_live (instance);
    instance_end_timers (instance);
    instance_end_follow (instance);
    mgh_service_free (instance->service);
    g_main_context_pop_thread_default (instance->context);

    instance_call (instance, instance->options.ended, instance->options.data); /* the last thing that touches it */
    return NULL;
}

static void instance_add_meter (const ModelMeter *meter, gpointer data)
{
    Instance *instance = data;

    if (meter->now != NULL)
        image_put (&instance->image, mg_meter_now_ref (meter->now), instance_time (instance));
}

Instance *instance_new (const InstanceOptions *options)
{
    Instance *instance = g_new0 (Instance, 1);

    instance->options = *options;
    instance->subject = g_strdup (options->subject);
    instance->options.values = mgh_config_ref (options->values);
    g_mutex_init (&instance->lock);
    instance->inbox = g_hash_table_new_full (NULL, NULL, NULL, letter_free);
    instance->timers = g_ptr_array_new_with_free_func ((GDestroyNotify) g_source_unref);
    instance->cancellable = g_cancellable_new ();
    instance->context = g_main_context_new ();
    instance->loop = g_main_loop_new (instance->context, FALSE);
    image_init (&instance->image);
    model_foreach (options->model, instance_add_meter, instance);
    instance->wake = g_source_new (&wake_funcs, sizeof (GSource));
    g_source_set_callback (instance->wake, instance_on_wake, instance, NULL);
    g_source_attach (instance->wake, instance->context);
    instance->thread = g_thread_new ("service", instance_thread, instance);
    return instance;
}

void instance_post (Instance *instance, guint32 id, const MgMeterNow *now)
{
    Letter *letter = g_new (Letter, 1);

    *letter = (Letter){ now != NULL ? mg_meter_now_ref (now) : NULL, instance_time (instance) };
    g_mutex_lock (&instance->lock);
    g_hash_table_replace (instance->inbox, GUINT_TO_POINTER (id), letter);
    g_mutex_unlock (&instance->lock);
    g_source_set_ready_time (instance->wake, 0);
}

void instance_stop (Instance *instance)
{
    g_mutex_lock (&instance->lock);
    instance->stopping = TRUE;
    g_mutex_unlock (&instance->lock);
    g_cancellable_cancel (instance->cancellable);
    g_source_set_ready_time (instance->wake, 0);
}

void instance_free (Instance *instance)
{
    g_thread_join (instance->thread);
    g_source_destroy (instance->wake);
    g_source_unref (instance->wake);
    g_ptr_array_unref (instance->timers);
    g_hash_table_unref (instance->inbox);
    follow_window_free (instance->window);
    image_clear (&instance->image);
    g_main_loop_unref (instance->loop);
    g_main_context_unref (instance->context);
    g_object_unref (instance->cancellable);
    mgh_host_free (instance->options.host);
    mgh_config_unref (instance->options.values);
    g_mutex_clear (&instance->lock);
    g_free (instance->fault);
    g_free (instance->subject);
    g_free (instance);
}
