/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* room.c: the services on the main loop: configured, fed by the model, shown. */
#include <metergate.h>

#include "instance.h"

#include <string.h>

#define STOP_TIMEOUT_US (5 * (gint64) G_USEC_PER_SEC)

typedef struct {
    ServeRoom *room;
    char *subject;    /* "server:modbus" */
    const char *kind; /* in `kinds` */
    const char *name; /* in `subject` */
    char *feature;    /* what the group says now */
    gboolean enabled, wanted;
    char *fault;        /* why there is no instance */
    Instance *instance; /* NULL: none runs */
} Service;

struct _ServeRoom {
    ServeOptions options;
    GMainContext *context;
    Config *config;
    GPtrArray *services;
};

static const char *const kinds[] = { "server", "control" };

static void service_free (gpointer data)
{
    Service *service = data;

    g_free (service->subject);
    g_free (service->feature);
    g_free (service->fault);
    g_free (service);
}

/* ---- start and stop */

static gboolean service_ended (gpointer data);

static void service_start (Service *service, const ConfigGroup *group)
{
    const ServeOptions *options = &service->room->options;
    g_autoptr (GError) error = NULL;
    const PluginFeature *feature = plugin_room_find (
        options->plugins, MG_KIND_SERVICE, mg_config_get_string (config_group_values (group), "service"), &error);
    MgConfig *values = config_group_values_of (group, "service");

    g_clear_pointer (&service->fault, g_free);
    if (feature == NULL) {
        service->fault = g_strdup (error->message);
        journal_raise (options->journal, "service.fault", service->subject, NULL, "reason", error->message, NULL);
        return;
    }
    InstanceOptions start = { .subject = service->subject,
                              .feature = feature,
                              .values = values != NULL ? values : config_group_values (group),
                              .host = options->host (options->host_data, service->kind, service->name),
                              .store = options->store,
                              .model = options->model,
                              .journal = options->journal,
                              .start_timeout_us = options->start_timeout_us,
                              .context = service->room->context,
                              .ended = service_ended,
                              .data = service };
    service->instance = instance_new (&start);
}

/* The thread is at its end: the next one may begin, with the same port. */
static gboolean service_ended (gpointer data)
{
    Service *service = data;
    ServeRoom *room = service->room;

    g_clear_pointer (&service->instance, instance_free);
    if (!service->wanted)
        g_ptr_array_remove (room->services, service);
    else if (service->enabled)
        service_start (service, config_find (room->config, service->kind, service->name));
    return G_SOURCE_REMOVE;
}

static Service *room_find (ServeRoom *room, const char *kind, const char *name)
{
    for (guint i = 0; i < room->services->len; i++) {
        Service *service = room->services->pdata[i];
        if (g_str_equal (service->kind, kind) && g_str_equal (service->name, name))
            return service;
    }
    return NULL;
}

static gboolean service_differs (const Service *service, GPtrArray *differences)
{
    g_autofree char *key = g_strdup_printf ("%s %s", service->kind, service->name);

    return differences == NULL || g_ptr_array_find_with_equal_func (differences, key, g_str_equal, NULL);
}

static void room_take_group (ServeRoom *room, const char *kind, const ConfigGroup *group, GPtrArray *differences)
{
    const char *name = config_group_name (group);
    Service *service = room_find (room, kind, name);

    if (service == NULL) {
        service = g_new0 (Service, 1);
        service->room = room;
        service->kind = kind;
        service->subject = g_strdup_printf ("%s:%s", kind, name);
        service->name = service->subject + strlen (kind) + 1;
        g_ptr_array_add (room->services, service);
    } else if (service->wanted && !service_differs (service, differences)) {
        return;
    }
    service->wanted = TRUE;
    service->enabled = mg_config_get_bool (config_group_values (group), "enabled");
    g_free (service->feature);
    service->feature = g_strdup (mg_config_get_string (config_group_values (group), "service"));
    if (service->instance != NULL)
        instance_stop (service->instance);
    else if (service->enabled)
        service_start (service, group);
}

static void room_drop_missing (ServeRoom *room, const Config *config)
{
    for (guint i = room->services->len; i > 0; i--) {
        Service *service = room->services->pdata[i - 1];
        if (config_find (config, service->kind, service->name) != NULL)
            continue;
        service->wanted = service->enabled = FALSE;
        if (service->instance != NULL)
            instance_stop (service->instance);
        else
            g_ptr_array_remove_index (room->services, i - 1);
    }
}

void serve_room_configure (ServeRoom *room, const Config *config)
{
    g_autoptr (GPtrArray) differences = room->config != NULL ? config_differences (room->config, config) : NULL;
    const ConfigGroup *const *groups;

    g_clear_pointer (&room->config, config_unref);
    room->config = config_ref ((Config *) config);
    room_drop_missing (room, config);
    for (guint k = 0; k < G_N_ELEMENTS (kinds); k++) {
        guint n = config_get_groups (config, kinds[k], &groups);
        for (guint i = 0; i < n; i++)
            room_take_group (room, kinds[k], groups[i], differences);
    }
}

/* ---- what the model tells */

static void room_post (ServeRoom *room, guint32 id, const MgMeterNow *now)
{
    for (guint i = 0; i < room->services->len; i++) {
        Service *service = room->services->pdata[i];
        if (service->instance != NULL)
            instance_post (service->instance, id, now);
    }
}

static void on_changed (gpointer data, guint32 id, const ModelMeter *meter)
{
    if (meter == NULL || meter->now != NULL)
        room_post (data, id, meter != NULL ? meter->now : NULL);
}

static void on_updated (gpointer data, const MgMeterNow *now)
{
    room_post (data, mg_meter_get_id (mg_meter_now_get_meter (now)), now);
}

ServeRoom *serve_room_new (const ServeOptions *options)
{
    ServeRoom *room = g_new0 (ServeRoom, 1);

    room->options = *options;
    if (room->options.stop_timeout_us <= 0)
        room->options.stop_timeout_us = STOP_TIMEOUT_US;
    room->context = g_main_context_ref_thread_default ();
    room->services = g_ptr_array_new_with_free_func (service_free);
    model_listen (options->model, on_changed, room);
    model_listen_values (options->model, on_updated, room);
    return room;
}

/* TRUE: all threads have ended, or the time is over. */
static gboolean room_all_ended (ServeRoom *room)
{
    for (guint i = 0; i < room->services->len; i++)
        if (((Service *) room->services->pdata[i])->instance != NULL)
            return FALSE;
    return TRUE;
}

static gboolean on_time_over (gpointer data)
{
    *(gboolean *) data = TRUE;
    return G_SOURCE_CONTINUE;
}

static void room_wait_for_all (ServeRoom *room)
{
    gboolean over = FALSE;
    GSource *timer = g_timeout_source_new ((guint) (room->options.stop_timeout_us / 1000));

    g_source_set_callback (timer, on_time_over, &over, NULL);
    g_source_attach (timer, room->context);
    while (!over && !room_all_ended (room))
        g_main_context_iteration (room->context, TRUE);
    g_source_destroy (timer);
    g_source_unref (timer);
}

gboolean serve_room_free (ServeRoom *room)
{
    gboolean abandoned = FALSE;

    if (room == NULL)
        return TRUE;
    for (guint i = 0; i < room->services->len; i++) {
        Service *service = room->services->pdata[i];
        service->enabled = FALSE;
        if (service->instance != NULL)
            instance_stop (service->instance);
    }
    room_wait_for_all (room);
    for (guint i = 0; i < room->services->len; i++) {
        Service *service = room->services->pdata[i];
        if (service->instance == NULL)
            continue;
        /* never joined: its thread still uses the instance, which stays for the moments until the process ends */
        journal_raise (room->options.journal, "service.stuck", service->subject, NULL, NULL);
        abandoned = TRUE;
    }
    g_clear_pointer (&room->config, config_unref);
    if (abandoned)
        return FALSE;
    g_ptr_array_unref (room->services);
    g_main_context_unref (room->context);
    g_free (room);
    return TRUE;
}

void serve_room_list (ServeRoom *room, ServeStateFunc func, gpointer data)
{
    for (guint i = 0; i < room->services->len; i++) {
        const Service *service = room->services->pdata[i];
        Instance *instance = service->instance;
        ServeState state = { .kind = service->kind,
                             .name = service->name,
                             .service = service->feature,
                             .enabled = service->enabled,
                             .fault = service->fault };
        g_autofree char *fault = NULL;

        if (!service->wanted)
            continue;
        if (instance != NULL) {
            g_mutex_lock (&instance->lock);
            state.fault = fault = g_strdup (instance->fault);
            state.started = instance->started;
            state.stopping = instance->stopping;
            g_mutex_unlock (&instance->lock);
        }
        func (&state, data);
    }
}
