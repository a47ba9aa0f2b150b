/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* schedule.c: which device is due when; all on the main loop. */
#include "room.h"

#include <host/mgh-config.h>

#define WALL_CHECK_US G_USEC_PER_SEC /* the timer never sleeps longer, so that a clock that was set is noticed */
#define WALL_JUMP_MS  2000
#define SILENT_MAX_MS (60 * 60000) /* a dead meter is asked at least hourly */
#define MISSES_SILENT 3

static gint64 wall_ms (void)
{
    return g_get_real_time () / 1000;
}

static gint device_compare (gconstpointer a, gconstpointer b, gpointer data)
{
    const Device *x = a, *y = b;

    return x->next_due_ms != y->next_due_ms ? (x->next_due_ms < y->next_due_ms ? -1 : 1)
                                            : (x->id < y->id ? -1 : x->id > y->id);
}

static void device_free (gpointer data)
{
    Device *device = data;

    mgh_device_unref (device->device);
    channel_unref (device->channel);
    mgh_schedule_free (device->schedule);
    g_free (device->cycle);
    g_free (device);
}

static void device_plan (Acquire *acquire, Device *device, gint64 after_ms)
{
    device->next_due_ms = mgh_schedule_next (device->schedule, after_ms);
    if (device->place == NULL)
        device->place = g_sequence_insert_sorted (acquire->due, device, device_compare, NULL);
    else
        g_sequence_sort_changed (device->place, device_compare, NULL);
}

void acquire_ask_now (Acquire *acquire, Device *device, gint64 due_ms, AcquireDone done, gpointer data)
{
    Turn *turn = g_new0 (Turn, 1);

    turn->kind = TURN_READ;
    turn->channel = channel_ref (device->channel);
    turn->device = mgh_device_ref (device->device);
    turn->id = device->id;
    turn->due_ms = due_ms;
    turn->done = done;
    turn->done_data = data;
    device->asked++;
    turns_push (device->channel->turns, turn);
}

/* A silent meter is asked at 1, 2, 4 ... cycles, at most hourly. */
static guint device_pause (const Device *device, guint missed)
{
    gint64 interval_ms = MAX (mgh_schedule_get_interval_ms (device->schedule), 1);

    if (missed < MISSES_SILENT)
        return 0;
    guint cycles = 1u << MIN (missed - MISSES_SILENT + 1, 20);
    return (guint) CLAMP (SILENT_MAX_MS / interval_ms, 1, (gint64) cycles) - 1;
}

static void device_due (Acquire *acquire, Device *device, gint64 now_ms)
{
    /* late (the loop was busy, the machine slept): only the last due time counts */
    gint64 due_ms = mgh_schedule_previous (device->schedule, now_ms);
    const ModelMeter *meter = model_find (acquire->options.model, device->meter);

    device_plan (acquire, device, now_ms);
    if (meter == NULL || !meter->active)
        return;
    if (device->asked > 0) {
        acquire->statistics.late++;
    } else if (device->skip > 0) {
        device->skip--;
    } else {
        device->skip = device_pause (device, meter->missed);
        acquire_ask_now (acquire, device, due_ms, NULL, NULL);
    }
}

static void acquire_replan (Acquire *acquire, gint64 now_ms)
{
    GHashTableIter iter;
    gpointer device;

    g_hash_table_iter_init (&iter, acquire->devices);
    while (g_hash_table_iter_next (&iter, NULL, &device))
        device_plan (acquire, device, now_ms);
}

static void acquire_watch_lines (Acquire *acquire)
{
    GHashTableIter iter;
    gpointer name, turns;

    g_hash_table_iter_init (&iter, acquire->lines);
    while (g_hash_table_iter_next (&iter, &name, &turns)) {
        g_autofree char *channel = NULL;
        gboolean stuck = turns_stuck_us (turns, &channel) != 0;
        turns_measure (turns);
        if (!stuck) {
            g_hash_table_remove (acquire->stuck, name);
        } else if (!g_hash_table_contains (acquire->stuck, name)) {
            g_autofree char *subject = g_strdup_printf ("line:%s", (char *) name);
            g_hash_table_add (acquire->stuck, g_strdup (name));
            journal_raise (acquire->options.journal, "driver.stuck", subject, NULL, "channel", channel, NULL);
        }
    }
}

static gboolean acquire_tick (gpointer data)
{
    Acquire *acquire = data;
    gint64 now_ms = wall_ms ();
    GSequenceIter *first;

    if (now_ms < acquire->last_wall_ms - WALL_JUMP_MS)
        acquire_replan (acquire, now_ms);
    acquire->last_wall_ms = now_ms;
    while (!g_sequence_iter_is_end (first = g_sequence_get_begin_iter (acquire->due))) {
        Device *device = g_sequence_get (first);
        if (device->next_due_ms > now_ms)
            break;
        device_due (acquire, device, now_ms);
    }
    acquire_watch_lines (acquire);
    acquire_start_again (acquire);
    acquire_arm_timer (acquire);
    return G_SOURCE_CONTINUE;
}

void acquire_arm_timer (Acquire *acquire)
{
    GSequenceIter *first = g_sequence_get_begin_iter (acquire->due);
    gint64 wait_us = WALL_CHECK_US;

    if (!g_sequence_iter_is_end (first))
        wait_us = CLAMP ((((Device *) g_sequence_get (first))->next_due_ms - wall_ms ()) * 1000, 0, WALL_CHECK_US);
    g_source_set_ready_time (acquire->timer, g_get_monotonic_time () + wait_us);
}

static gboolean timer_dispatch (GSource *source, GSourceFunc func, gpointer data)
{
    return func (data);
}

void acquire_schedule_init (Acquire *acquire)
{
    static GSourceFuncs funcs = { .dispatch = timer_dispatch };

    acquire->due = g_sequence_new (NULL);
    acquire->devices = g_hash_table_new_full (NULL, NULL, NULL, device_free);
    acquire->timer = g_source_new (&funcs, sizeof (GSource));
    g_source_set_callback (acquire->timer, acquire_tick, acquire, NULL);
    g_source_attach (acquire->timer, acquire->context);
    acquire->last_wall_ms = wall_ms ();
    acquire_arm_timer (acquire);
}

void acquire_schedule_clear (Acquire *acquire)
{
    g_source_destroy (acquire->timer);
    g_source_unref (acquire->timer);
    g_sequence_free (acquire->due);
    g_hash_table_unref (acquire->devices);
}

/* ------------------------------------------------------------------------------------------------------------- devices
 */

/* The driver lets the device go in a turn of its line. */
static void device_drop (Acquire *acquire, Device *device)
{
    Turn *turn = g_new0 (Turn, 1);

    turn->kind = TURN_DROP;
    turn->channel = channel_ref (device->channel);
    turn->device = mgh_device_ref (device->device);
    turn->id = device->id;
    g_sequence_remove (device->place);
    g_hash_table_remove (acquire->devices, GUINT_TO_POINTER (turn->id));
    turns_push (turn->channel->turns, turn);
}

void acquire_drop_device (Acquire *acquire, guint32 id)
{
    Device *device = g_hash_table_lookup (acquire->devices, GUINT_TO_POINTER (id));

    if (device != NULL)
        device_drop (acquire, device);
}

void acquire_drop_channel_devices (Acquire *acquire, Channel *channel)
{
    GHashTableIter iter;
    gpointer id, device;

    g_hash_table_iter_init (&iter, acquire->devices);
    while (g_hash_table_iter_next (&iter, &id, &device)) {
        if (((Device *) device)->channel != channel)
            continue;
        g_sequence_remove (
            ((Device *) device)->place); /* the channel frees what the driver made when its last turn ends */
        g_hash_table_iter_remove (&iter);
    }
}

/* Takes over the meter's cycle, or the channel's. One that is as before is left alone: planned anew, a due time that
 * has come but was not served yet would be passed over. */
static void device_set_cycle (Acquire *acquire, Device *device, const ModelMeter *meter)
{
    const char *channels = mg_config_get_string (device->channel->config, "cycle");
    const char *cycle = meter->cycle != NULL ? meter->cycle : channels;

    if (g_strcmp0 (cycle, device->cycle) == 0)
        return;
    g_autoptr (GTimeZone) local = g_time_zone_new_local ();
    MghSchedule *schedule = mgh_schedule_parse (cycle, local, NULL);
    g_clear_pointer (&device->schedule, mgh_schedule_free);
    device->schedule = schedule != NULL ? schedule : mgh_schedule_parse (channels, local, NULL);
    g_free (device->cycle);
    device->cycle = g_strdup (cycle);
    device_plan (acquire, device, wall_ms ());
}

void acquire_place_meter (Acquire *acquire, const ModelMeter *meter)
{
    Channel *channel = acquire_find_channel (acquire, meter->channel);
    Device *device = g_hash_table_lookup (acquire->devices, GUINT_TO_POINTER (meter->device));

    acquire_drop_device (acquire, meter->device_before);
    if (device != NULL && device->channel == channel && meter->active &&
        g_str_equal (mg_device_get_address (device->device), meter->address)) {
        device_set_cycle (acquire, device, meter); /* nothing else can have changed */
        return;
    }
    if (device != NULL)
        device_drop (acquire, device);
    if (channel == NULL || !meter->active)
        return;
    const MgTable tables[] = { plugin_feature_driver (channel->feature)->device_settings };
    const MghConfigText texts[] = { { "address", meter->address } };
    g_autoptr (GError) error = NULL;
    g_autoptr (MgConfig) config = mgh_config_new (tables, 1, texts, 1, &error);
    if (config == NULL) {
        g_warning ("channel %s: meter %u: %s", meter->channel, meter->id, error->message);
        return;
    }
    device = g_new0 (Device, 1);
    device->meter = meter->id;
    device->id = meter->device;
    device->channel = channel_ref (channel);
    device->device = mgh_device_new (meter->device, meter->address, config);
    g_hash_table_insert (acquire->devices, GUINT_TO_POINTER (device->id), device);
    device_set_cycle (acquire, device, meter);
}
