/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* room.c: the reports on the main loop: configured, started when they are due, shown. */
#include <metergate.h>

#include "report.h"

#include <string.h>

#define MAX_RUNNING   8
#define LONGEST_WAIT  (30 * (gint64) G_USEC_PER_SEC) /* so that a clock that stepped is seen */
#define STOP_WAIT     (10 * (gint64) G_USEC_PER_SEC)
#define CLOCK_STEP_MS 2000 /* a clock that goes back by more was set */
#define LAST_DUE      "last-due"

static void room_tick (ReportRoom *room);

/* ---- one report */

static void report_set_fault (Report *report, const char *fault)
{
    g_mutex_lock (&report->lock);
    g_free (report->live.fault);
    report->live.fault = g_strdup (fault);
    g_mutex_unlock (&report->lock);
}

static void report_unload (Report *report)
{
    if (report->settings != NULL) {
        if (report->format != NULL)
            plugin_format_destroy (report->settings->format, report->format);
        if (report->transport != NULL)
            plugin_transport_destroy (report->settings->transport, report->transport);
    }
    report->format = report->transport = NULL;
    g_clear_pointer (&report->host, mgh_host_free);
    g_clear_pointer (&report->settings, report_settings_free);
}

static void report_free (gpointer data)
{
    Report *report = data;

    report_unload (report);
    g_clear_object (&report->cancellable);
    g_free (report->live.fault);
    g_free (report->live.error);
    g_free (report->live.delivered_name);
    g_mutex_clear (&report->lock);
    g_free (report->name);
    g_free (report->cursor);
    g_free (report->subject);
    g_free (report->spool);
    g_free (report);
}

static Report *report_new (ReportRoom *room, const char *name)
{
    Report *report = g_new0 (Report, 1);

    report->room = room;
    report->name = g_strdup (name);
    report->cursor = g_strconcat ("report:", name, NULL);
    report->subject = g_strconcat ("report:", name, NULL);
    report->spool = g_build_filename (room->state_folder, "spool", name, NULL);
    report->cancellable = g_cancellable_new ();
    g_mutex_init (&report->lock);
    return report;
}

static gboolean report_load (Report *report, const ConfigGroup *group, GError **error)
{
    ReportRoom *room = report->room;

    report->settings = report_settings_read (group, room->plugins, error);
    if (report->settings == NULL)
        return FALSE;
    report->host = room->host != NULL ? room->host (room->host_data, "report", report->name)
                                      : mgh_host_new (report->name, room->clock, NULL, NULL);
    report->format =
        plugin_format_create (report->settings->format, report->host, report->settings->format_values, error);
    if (report->format == NULL)
        return FALSE;
    report->transport =
        plugin_transport_create (report->settings->transport, report->host, report->settings->transport_values, error);
    return report->transport != NULL;
}

static gint64 report_read_last_due (Report *report)
{
    g_autoptr (GBytes) kept = store_state_get (report->room->store, report->subject, LAST_DUE);
    g_autofree char *text = kept != NULL ? g_strndup (g_bytes_get_data (kept, NULL), g_bytes_get_size (kept)) : NULL;

    return text != NULL ? g_ascii_strtoll (text, NULL, 10) : 0;
}

static void report_write_last_due (Report *report)
{
    g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, report->last_due_ms);
    g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

    store_state_put (report->room->store, report->subject, LAST_DUE, bytes);
}

/* A due time that passed while the gateway was off is made up for at once; a new report waits for its first. */
static void report_plan (Report *report)
{
    gint64 now_ms = mgh_clock_now_ms (report->room->clock);
    gint64 previous_ms = mgh_schedule_previous (report->settings->schedule, now_ms);

    if (report->last_due_ms == 0)
        report->last_due_ms = report_read_last_due (report);
    if (report->last_due_ms == 0) {
        report->last_due_ms = previous_ms;
        report_write_last_due (report);
    }
    report->next_due_ms =
        report->last_due_ms < previous_ms ? previous_ms : mgh_schedule_next (report->settings->schedule, now_ms);
}

/* Takes over a group; the report is not at work. */
static void report_apply (Report *report, const ConfigGroup *group)
{
    g_autoptr (GError) error = NULL;

    report_unload (report);
    g_clear_object (&report->cancellable);
    report->cancellable = g_cancellable_new ();
    report->prepared = FALSE;
    report->make_failures = 0;
    report->make_due_ms = 0;
    report->next_due_ms = 0;
    if (report_load (report, group, &error)) {
        report_set_fault (report, NULL);
        report_plan (report);
        return;
    }
    report_unload (report);
    report_set_fault (report, error->message);
    journal_raise (report->room->journal, "report.fault", report->subject, NULL, "error", error->message, NULL);
}

static gboolean report_can_work (const Report *report)
{
    return report->settings != NULL && report->settings->enabled && !report->removed && !report->running;
}

/* ---- visits */

static void room_end_visit (ReportRoom *room, Report *report)
{
    ReportJob *job = &report->job;

    report->running = FALSE;
    room->catalogue.release (job->catalogue);
    job->catalogue = NULL;
    if (job->make && job->made) {
        report->last_due_ms = MAX (report->last_due_ms, job->due_ms);
        report->make_due_ms = 0;
        report_write_last_due (report);
    } else if (!job->made) {
        report->make_due_ms = job->make ? job->due_ms : report->make_due_ms;
        report->make_at_us =
            mgh_clock_mono_us (room->clock) + report_backoff_us (MAX (report->make_failures, 1), g_random_int ());
    }
}

static gboolean room_on_ended (gpointer data)
{
    ReportRoom *room = data;

    for (;;) {
        g_mutex_lock (&room->lock);
        Report *report = g_queue_pop_head (&room->ended);
        if (report == NULL)
            g_clear_pointer (&room->wake, g_source_unref);
        g_mutex_unlock (&room->lock);
        if (report == NULL)
            break;
        room_end_visit (room, report);
        if (room->changed != NULL)
            room->changed (room->changed_data, report->name);
        if (report->removed)
            g_ptr_array_remove (room->reports, report);
        else if (report->pending) {
            report->pending = FALSE;
            const ConfigGroup *group = config_find (room->config, "report", report->name);
            if (group != NULL)
                report_apply (report, group);
        }
    }
    room_tick (room);
    return G_SOURCE_REMOVE;
}

static void room_visit (gpointer data, gpointer user_data)
{
    Report *report = data;
    ReportRoom *room = user_data;

    report_work (report);
    g_mutex_lock (&room->lock);
    g_queue_push_tail (&room->ended, report);
    if (room->wake == NULL) {
        room->wake = g_idle_source_new ();
        g_source_set_priority (room->wake, G_PRIORITY_DEFAULT);
        g_source_set_callback (room->wake, room_on_ended, room, NULL);
        g_source_attach (room->wake, room->context);
    }
    room->n_running--;
    g_cond_broadcast (&room->all_ended);
    g_mutex_unlock (&room->lock);
}

static void room_start_visit (ReportRoom *room, Report *report, gboolean make, gint64 due_ms)
{
    report->running = TRUE;
    report->job = (ReportJob){
        .make = make, .due_ms = due_ms, .retry_now = report->run_wanted, .retry_aside = report->aside_wanted
    };
    report->run_wanted = report->aside_wanted = FALSE;
    /* in this order: whatever is committed by now has its points in the catalogue */
    report->job.committed_seq = store_committed_seq (room->store);
    report->job.catalogue = room->catalogue.take (room->catalogue.data);
    g_mutex_lock (&room->lock);
    room->n_running++;
    g_mutex_unlock (&room->lock);
    g_thread_pool_push (room->pool, report, NULL);
}

static gboolean report_waits (Report *report)
{
    g_mutex_lock (&report->lock);
    gboolean waits = report->live.waiting > 0;
    g_mutex_unlock (&report->lock);
    return waits;
}

/* Starts a visit when there is something to do now; else how long until there is. */
static gint64 room_consider (ReportRoom *room, Report *report)
{
    gint64 now_ms = mgh_clock_now_ms (room->clock), now_us = mgh_clock_mono_us (room->clock);
    gint64 wait_us;

    if (!report_can_work (report))
        return LONGEST_WAIT;
    if (report->next_due_ms <= now_ms) {
        gint64 due_ms = MAX (mgh_schedule_previous (report->settings->schedule, now_ms), report->next_due_ms);
        report->next_due_ms = mgh_schedule_next (report->settings->schedule, now_ms);
        room_start_visit (room, report, TRUE, due_ms);
    } else if (report->run_wanted || report->aside_wanted)
        room_start_visit (room, report, report->run_wanted, now_ms);
    else if (!report->prepared && report->make_failures == 0)
        room_start_visit (room, report, FALSE, now_ms);
    else if ((report->make_due_ms != 0 || !report->prepared) && report->make_at_us <= now_us)
        room_start_visit (room, report, report->make_due_ms != 0, report->make_due_ms);
    else if (report_waits (report) && report->retry_at_us <= now_us)
        room_start_visit (room, report, FALSE, now_ms);
    if (report->running)
        return LONGEST_WAIT;
    wait_us = (report->next_due_ms - now_ms) * 1000;
    if (report->make_due_ms != 0 || !report->prepared)
        wait_us = MIN (wait_us, report->make_at_us - now_us);
    if (report_waits (report))
        wait_us = MIN (wait_us, report->retry_at_us - now_us);
    return CLAMP (wait_us, 0, LONGEST_WAIT);
}

static gboolean room_on_timer (gpointer data)
{
    room_tick (data);
    return G_SOURCE_REMOVE;
}

static void room_set_timer (ReportRoom *room, gint64 wait_us)
{
    if (room->timer != NULL) {
        g_source_destroy (room->timer);
        g_clear_pointer (&room->timer, g_source_unref);
    }
    if (mgh_clock_is_virtual (room->clock))
        return;
    room->timer = g_timeout_source_new ((guint) (wait_us / 1000 + 1));
    g_source_set_callback (room->timer, room_on_timer, room, NULL);
    g_source_attach (room->timer, room->context);
}

/* A clock that was ahead is put right: what was planned by it would not come for as long as it was ahead. */
static void room_mind_clock (ReportRoom *room)
{
    gint64 now_ms = mgh_clock_now_ms (room->clock);
    gboolean back = now_ms < room->last_now_ms - CLOCK_STEP_MS;

    room->last_now_ms = now_ms;
    for (guint i = 0; back && i < room->reports->len; i++) {
        Report *report = room->reports->pdata[i];
        if (report->settings == NULL)
            continue;
        report->next_due_ms = MIN (report->next_due_ms, mgh_schedule_next (report->settings->schedule, now_ms));
        report->last_due_ms = MIN (report->last_due_ms, mgh_schedule_previous (report->settings->schedule, now_ms));
    }
}

static void room_tick (ReportRoom *room)
{
    gint64 wait_us = LONGEST_WAIT;

    room_mind_clock (room);
    for (guint i = 0; i < room->reports->len; i++)
        wait_us = MIN (wait_us, room_consider (room, room->reports->pdata[i]));
    room_set_timer (room, wait_us);
}

/* ---- what others call */

ReportRoom *report_room_new (const ReportOptions *options)
{
    ReportRoom *room = g_new0 (ReportRoom, 1);

    room->store = options->store;
    room->plugins = options->plugins;
    room->journal = options->journal;
    room->clock = options->clock != NULL ? mgh_clock_ref (options->clock) : mgh_clock_ref (mgh_clock_real ());
    room->state_folder = g_strdup (options->state_folder);
    room->gateway = g_strdup (options->gateway);
    room->host = options->host;
    room->host_data = options->host_data;
    room->catalogue = options->catalogue;
    room->context = g_main_context_ref_thread_default ();
    room->reports = g_ptr_array_new_with_free_func (report_free);
    g_mutex_init (&room->lock);
    g_cond_init (&room->all_ended);
    g_queue_init (&room->ended);
    room->pool = g_thread_pool_new (room_visit, room,
                                    options->max_running > 0 ? (gint) options->max_running : MAX_RUNNING, FALSE, NULL);
    return room;
}

/* FALSE: somebody does not obey */
static gboolean room_wait_for_all (ReportRoom *room)
{
    gint64 until_us = g_get_monotonic_time () + STOP_WAIT;
    gboolean ended;

    g_mutex_lock (&room->lock);
    while (room->n_running > 0 && g_cond_wait_until (&room->all_ended, &room->lock, until_us))
        ;
    ended = room->n_running == 0;
    g_mutex_unlock (&room->lock);
    return ended;
}

gboolean report_room_free (ReportRoom *room)
{
    Report *report;

    if (room == NULL)
        return TRUE;
    for (guint i = 0; i < room->reports->len; i++)
        g_cancellable_cancel (((Report *) room->reports->pdata[i])->cancellable);
    if (!room_wait_for_all (room)) {
        /* never joined: its thread still uses the room, which stays for the few moments until the process ends */
        g_warning ("report: a transport does not end: it is abandoned");
        return FALSE;
    }
    g_thread_pool_free (room->pool, FALSE, TRUE);
    while ((report = g_queue_pop_head (&room->ended)) != NULL)
        room_end_visit (room, report);
    if (room->wake != NULL)
        g_source_destroy (room->wake);
    g_clear_pointer (&room->wake, g_source_unref);
    if (room->timer != NULL)
        g_source_destroy (room->timer);
    g_clear_pointer (&room->timer, g_source_unref);
    g_ptr_array_unref (room->reports);
    g_clear_pointer (&room->config, config_unref);
    g_main_context_unref (room->context);
    g_mutex_clear (&room->lock);
    g_cond_clear (&room->all_ended);
    mgh_clock_unref (room->clock);
    g_free (room->state_folder);
    g_free (room->gateway);
    g_free (room);
    return TRUE;
}

/* also one that was taken out and is still at work */
static Report *room_find_any (ReportRoom *room, const char *name)
{
    for (guint i = 0; i < room->reports->len; i++) {
        Report *report = room->reports->pdata[i];
        if (g_str_equal (report->name, name))
            return report;
    }
    return NULL;
}

static Report *room_find (ReportRoom *room, const char *name)
{
    Report *report = room_find_any (room, name);

    return report != NULL && !report->removed ? report : NULL;
}

static gboolean room_is_untouched (const Report *report, GPtrArray *differences)
{
    g_autofree char *key = g_strconcat ("report ", report->name, NULL);

    return report->settings != NULL && differences != NULL &&
           !g_ptr_array_find_with_equal_func (differences, key, g_str_equal, NULL);
}

static void room_remove_missing (ReportRoom *room, const Config *config)
{
    for (guint i = room->reports->len; i > 0; i--) {
        Report *report = room->reports->pdata[i - 1];
        if (config_find (config, "report", report->name) != NULL)
            continue;
        report->removed = TRUE;
        g_cancellable_cancel (report->cancellable);
        if (!report->running)
            g_ptr_array_remove_index (room->reports, i - 1);
    }
}

static gint report_compare_place (gconstpointer a, gconstpointer b)
{
    const Report *x = *(Report *const *) a, *y = *(Report *const *) b;

    return x->place < y->place ? -1 : x->place > y->place;
}

void report_room_configure (ReportRoom *room, const Config *config)
{
    g_autoptr (GPtrArray) differences = room->config != NULL ? config_differences (room->config, config) : NULL;
    const ConfigGroup *const *groups;
    guint n = config_get_groups (config, "report", &groups);

    g_clear_pointer (&room->config, config_unref);
    room->config = config_ref ((Config *) config);
    room_remove_missing (room, config);
    for (guint i = 0; i < n; i++) {
        const char *name = config_group_name (groups[i]);
        Report *report = room_find_any (room, name);
        if (report == NULL) {
            report = report_new (room, name);
            g_ptr_array_add (room->reports, report);
        }
        report->place = i;
        report->removed = FALSE;
        if (room_is_untouched (report, differences))
            continue;
        if (report->running) {
            report->pending = TRUE;
            g_cancellable_cancel (report->cancellable);
        } else
            report_apply (report, groups[i]);
    }
    g_ptr_array_sort (room->reports, report_compare_place);
    room_tick (room);
}

static Report *room_find_or_say (ReportRoom *room, const char *name, GError **error)
{
    Report *report = room_find (room, name);

    if (report == NULL)
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "there is no report '%s'", name);
    return report;
}

gboolean report_room_run_now (ReportRoom *room, const char *name, GError **error)
{
    Report *report = room_find_or_say (room, name, error);

    if (report == NULL)
        return FALSE;
    report->run_wanted = TRUE;
    room_tick (room);
    return TRUE;
}

gboolean report_room_retry_aside (ReportRoom *room, const char *name, GError **error)
{
    Report *report = room_find_or_say (room, name, error);

    if (report == NULL)
        return FALSE;
    report->aside_wanted = TRUE;
    room_tick (room);
    return TRUE;
}

void report_room_tick (ReportRoom *room)
{
    room_tick (room);
}

static const char *report_text (const Report *report, const char *key)
{
    return report->settings != NULL ? mg_config_get_string (report->settings->values, key) : NULL;
}

/* `live` is a copy */
static void report_show (const Report *report, const ReportLive *live, ReportState *state)
{
    ReportRoom *room = report->room;

    *state = (ReportState){ .name = report->name,
                            .format = report_text (report, "format"),
                            .transport = report_text (report, "transport"),
                            .schedule = report_text (report, "schedule"),
                            .enabled = report->settings != NULL && report->settings->enabled,
                            .running = report->running,
                            .fault = live->fault,
                            .waiting = live->waiting,
                            .aside = live->aside,
                            .waiting_since_ms = live->waiting_since_ms,
                            .attempts = live->attempts,
                            .error = live->error,
                            .next_due_ms = report->next_due_ms,
                            .last_due_ms = report->last_due_ms,
                            .delivered_ms = live->delivered_ms,
                            .delivered_name = live->delivered_name,
                            .delivered = live->delivered,
                            .readings = live->readings };
    if (live->waiting > 0 && !report->running)
        state->next_try_ms =
            mgh_clock_now_ms (room->clock) + MAX (report->retry_at_us - mgh_clock_mono_us (room->clock), 0) / 1000;
}

void report_room_list (ReportRoom *room, ReportStateFunc func, gpointer data)
{
    for (guint i = 0; i < room->reports->len; i++) {
        Report *report = room->reports->pdata[i];
        ReportState state;

        if (report->removed)
            continue;
        g_mutex_lock (&report->lock);
        ReportLive live = report->live;
        live.fault = g_strdup (live.fault);
        live.error = g_strdup (live.error);
        live.delivered_name = g_strdup (live.delivered_name);
        g_mutex_unlock (&report->lock);
        report_show (report, &live, &state);
        func (&state, data);
        g_free (live.fault);
        g_free (live.error);
        g_free (live.delivered_name);
    }
}

gboolean report_room_is_idle (ReportRoom *room)
{
    gint64 now_ms = mgh_clock_now_ms (room->clock), now_us = mgh_clock_mono_us (room->clock);

    for (guint i = 0; i < room->reports->len; i++) {
        Report *report = room->reports->pdata[i];
        if (report->running || report->run_wanted || report->aside_wanted)
            return FALSE;
        if (report_can_work (report) &&
            (report->next_due_ms <= now_ms || (report_waits (report) && report->retry_at_us <= now_us)))
            return FALSE;
    }
    return TRUE;
}

void report_room_listen (ReportRoom *room, ReportChanged func, gpointer data)
{
    room->changed = func;
    room->changed_data = data;
}
