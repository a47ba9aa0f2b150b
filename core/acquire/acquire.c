/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* acquire.c: the acquire room's object, and the way of a result to the main loop. */
#include "room.h"

#define ASKED_MAX 4 /* reads of one meter that may wait: those who ask for more than the line can give are told so */

static void turn_arrived (Acquire *acquire, Turn *turn)
{
    Device *device = g_hash_table_lookup (acquire->devices, GUINT_TO_POINTER (turn->id));

    if (turn->kind == TURN_SCAN || turn->kind == TURN_FOUND) {
        scan_arrived (acquire, turn);
    } else if (turn->kind == TURN_READ) {
        if (device != NULL && device->device == turn->device && device->asked > 0 &&
            (turn->due_ms != 0 || turn->done != NULL))
            device->asked--;
        acquire->statistics.reads++;
        for (guint i = 0; turn->more != NULL && i < turn->more->len; i++)
            model_take (acquire->options.model, turn->id, turn->more->pdata[i]);
        if (turn->readout != NULL) {
            model_take (acquire->options.model, turn->id, turn->readout);
            if (device != NULL)
                device->skip = 0;
        } else if (turn->error != NULL && !g_error_matches (turn->error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
            acquire->statistics.failed++;
            turns_note_error (turn->channel->turns, turn->error, g_get_real_time () / 1000);
            g_debug ("channel %s: %s: %s", turn->channel->name, mg_device_get_address (turn->device),
                     turn->error->message);
            if (turn->due_ms != 0 && turn->done == NULL) /* what a person asked for out of turn is no missed cycle */
                model_missed (acquire->options.model, turn->id, turn->due_ms, turn->error);
        }
        if (turn->done != NULL)
            turn->done (turn->done_data, turn->error);
    }
    turn_free (turn);
}

static gboolean acquire_drain (gpointer data)
{
    Acquire *acquire = data;
    GQueue batch = G_QUEUE_INIT;
    Turn *turn;

    g_mutex_lock (&acquire->results_mutex);
    batch = acquire->results;
    g_queue_init (&acquire->results);
    g_mutex_unlock (&acquire->results_mutex);
    while ((turn = g_queue_pop_head (&batch)) != NULL)
        turn_arrived (acquire, turn);
    return G_SOURCE_REMOVE;
}

/* on the thread of the turns; the main loop is woken once for all that wait */
void acquire_turn_finished (gpointer data, Turn *turn)
{
    Acquire *acquire = data;

    g_mutex_lock (&acquire->results_mutex);
    gboolean first = g_queue_is_empty (&acquire->results);
    g_queue_push_tail (&acquire->results, turn);
    g_mutex_unlock (&acquire->results_mutex);
    if (!first)
        return;
    g_autoptr (GSource) source = g_idle_source_new ();
    g_source_set_priority (source, G_PRIORITY_DEFAULT);
    g_source_set_callback (source, acquire_drain, acquire, NULL);
    g_source_attach (source, acquire->context);
}

static void meter_changed (gpointer data, guint32 id, const ModelMeter *meter)
{
    Acquire *acquire = data;

    if (acquire->channels == NULL)
        return; /* what a scan found last arrives while everything stops */
    if (meter != NULL) {
        acquire_place_meter (acquire, meter);
    } else {
        GHashTableIter iter;
        gpointer device;
        guint32 gone = 0;
        g_hash_table_iter_init (&iter, acquire->devices);
        while (gone == 0 && g_hash_table_iter_next (&iter, NULL, &device))
            if (((Device *) device)->meter == id)
                gone = ((Device *) device)->id;
        acquire_drop_device (acquire, gone);
    }
    acquire_arm_timer (acquire);
}

Acquire *acquire_new (const AcquireOptions *options)
{
    Acquire *acquire = g_new0 (Acquire, 1);

    acquire->options = *options;
    acquire->context = g_main_context_ref_thread_default ();
    g_mutex_init (&acquire->results_mutex);
    g_queue_init (&acquire->results);
    acquire->pool = pool_new (acquire_turn_finished, acquire);
    acquire->lines = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) turns_unref);
    acquire->channels = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) channel_unref);
    acquire->faults = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    acquire->stuck = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    acquire_schedule_init (acquire);
    acquire_scans_init (acquire);
    model_listen (options->model, meter_changed, acquire);
    return acquire;
}

static void acquire_stop_all (Acquire *acquire)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init (&iter, acquire->channels);
    while (g_hash_table_iter_next (&iter, NULL, &value)) {
        acquire_drop_channel_devices (acquire, value);
        turns_stop (((Channel *) value)->turns);
    }
    g_hash_table_iter_init (&iter, acquire->lines);
    while (g_hash_table_iter_next (&iter, NULL, &value))
        turns_stop (value);
}

gboolean acquire_free (Acquire *acquire)
{
    if (acquire == NULL)
        return TRUE;
    acquire_stop_all (acquire);
    g_clear_pointer (&acquire->channels, g_hash_table_unref);
    g_clear_pointer (&acquire->lines, g_hash_table_unref);
    gboolean all = pool_free (acquire->pool, acquire->options.stop_us);
    while (g_source_remove_by_user_data (acquire))
        ;
    acquire_drain (acquire);
    acquire_schedule_clear (acquire);
    if (!all)
        return FALSE; /* the thread that is left behind brings its result here */
    g_clear_pointer (&acquire->config, config_unref);
    g_hash_table_unref (acquire->faults);
    g_hash_table_unref (acquire->scans);
    g_hash_table_unref (acquire->stuck);
    g_mutex_clear (&acquire->results_mutex);
    g_main_context_unref (acquire->context);
    g_free (acquire);
    return TRUE;
}

gboolean acquire_read_now (Acquire *acquire, guint32 meter, AcquireDone done, gpointer data, GError **error)
{
    const ModelMeter *m = model_find (acquire->options.model, meter);
    Device *device = m != NULL ? g_hash_table_lookup (acquire->devices, GUINT_TO_POINTER (m->device)) : NULL;

    if (device == NULL) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "meter %u: %s", meter,
                     m == NULL ? "there is none" : "its channel does not run");
        return FALSE;
    }
    if (device->asked >= ASKED_MAX) {
        g_set_error (error, MG_ERROR, MG_ERROR_TIMEOUT, "meter %u: %u reads of it wait for its line already", meter,
                     device->asked);
        return FALSE;
    }
    acquire_ask_now (acquire, device, g_get_real_time () / 1000, done, data);
    return TRUE;
}

void acquire_get_statistics (Acquire *acquire, AcquireStatistics *out)
{
    *out = acquire->statistics;
    out->lines = g_hash_table_size (acquire->lines);
    out->channels = g_hash_table_size (acquire->channels);
    out->threads = pool_n_threads (acquire->pool);
    out->queued = pool_n_queued (acquire->pool);
}

static void line_show (Acquire *acquire, AcquireLine *line)
{
    Turns *turns = g_hash_table_lookup (acquire->lines, line->name);

    line->state = "unused";
    if (turns == NULL)
        return;
    mgh_line_get_statistics (turns_get_line (turns), &line->statistics);
    line->state = g_hash_table_contains (acquire->stuck, line->name) ? "stuck"
                  : mgh_line_is_open (turns_get_line (turns))        ? "open"
                                                                     : "closed";
    line->queued = turns_n_queued (turns);
    line->load_percent = turns_load_percent (turns);
    line->last_error = turns_last_error (turns, &line->last_error_ms);
}

void acquire_foreach_line (Acquire *acquire, AcquireLineFunc func, gpointer data)
{
    const ConfigGroup *const *groups;
    guint n = acquire->config != NULL ? config_get_groups (acquire->config, "line", &groups) : 0;

    for (guint i = 0; i < n; i++) {
        g_autofree char *kind = mgh_config_get_text (config_group_values (groups[i]), "kind");
        AcquireLine line = { .name = config_group_name (groups[i]), .kind = kind };
        line_show (acquire, &line);
        func (&line, data);
    }
}
