/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* model.c: the model object, its listeners, and the immutable pictures that it hands out. */
#include "meter.h"

#include <json-glib/json-glib.h>

typedef struct {
    ModelChanged changed;
    ModelUpdated updated;
    gpointer data;
} Listener;

GQuark model_error_quark (void)
{
    return g_quark_from_static_string ("metergate-model-error-quark");
}

Model *model_new (Store *store, Journal *journal, const ModelLinks *links, GError **error)
{
    Model *model = g_new0 (Model, 1);

    model->store = store;
    model->journal = journal;
    if (links != NULL)
        model->links = *links;
    model->meters = g_ptr_array_new_with_free_func (meter_free);
    model->by_id = g_hash_table_new (NULL, NULL);
    model->by_device = g_hash_table_new (NULL, NULL);
    model->past = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) mgh_meter_unref);
    model->listeners = g_array_new (FALSE, FALSE, sizeof (Listener));
    model->value_listeners = g_array_new (FALSE, FALSE, sizeof (Listener));
    model->next_meter = model->next_device = 1;
    if (!model_load (model, error)) {
        model_free (model);
        return NULL;
    }
    return model;
}

void model_free (Model *model)
{
    if (model == NULL)
        return;
    g_hash_table_unref (model->past);
    g_hash_table_unref (model->by_id);
    g_hash_table_unref (model->by_device);
    g_ptr_array_unref (model->meters);
    g_array_unref (model->listeners);
    g_array_unref (model->value_listeners);
    g_free (model);
}

guint model_get_n_meters (Model *model)
{
    return model->meters->len;
}

void model_foreach (Model *model, ModelMeterFunc func, gpointer data)
{
    for (guint i = 0; i < model->meters->len; i++)
        func (&((Meter *) model->meters->pdata[i])->view, data);
}

const ModelMeter *model_find (Model *model, guint32 id)
{
    Meter *meter = g_hash_table_lookup (model->by_id, GUINT_TO_POINTER (id));

    return meter != NULL ? &meter->view : NULL;
}

const ModelMeter *model_find_device (Model *model, guint32 device)
{
    Meter *meter = g_hash_table_lookup (model->by_device, GUINT_TO_POINTER (device));

    return meter != NULL ? &meter->view : NULL;
}

void model_listen (Model *model, ModelChanged func, gpointer data)
{
    Listener listener = { .changed = func, .data = data };

    g_array_append_val (model->listeners, listener);
}

void model_listen_values (Model *model, ModelUpdated func, gpointer data)
{
    Listener listener = { .updated = func, .data = data };

    g_array_append_val (model->value_listeners, listener);
}

static void model_tell (Model *model, guint32 id, const ModelMeter *meter)
{
    for (guint i = 0; i < model->listeners->len; i++) {
        const Listener *l = &g_array_index (model->listeners, Listener, i);
        l->changed (l->data, id, meter);
    }
}

/* ------------------------------------------------------------------------------------------------------------- meters
 */

MgMeter *meter_public (Meter *meter, const StoreDevice *device)
{
    g_autofree char *manufacturer = NULL, *serial = NULL;
    const ModelLinks *links = &meter->model->links;
    const char *interface = NULL;
    MghMeterInfo info = { .id = meter->view.id,
                          .device = (guint32) device->id,
                          .uid = meter->uid,
                          .label = meter->label,
                          .channel = device->channel,
                          .address = device->address,
                          .active = meter->view.active,
                          .identity = MG_INIT (MgIdentity),
                          .tags = (const char *const *) meter->tags };

    if (model_identity_parse (device->identity, &manufacturer, &serial, &info.identity.version,
                              &info.identity.medium)) {
        info.identity.serial = serial;
        info.identity.manufacturer = manufacturer;
    }
    if (meter->view.medium != 0)
        info.identity.medium = meter->view.medium; /* what a person said wins */
    if (links->interface_of != NULL)
        interface = links->interface_of (links->data, device->channel);
    info.interface = interface != NULL ? interface : "";
    g_autofree MgPoint **points = g_new (MgPoint *, meter->points->len + 1);
    for (guint i = 0; i < meter->points->len; i++)
        points[i] = ((Point *) meter->points->pdata[i])->public;
    return mgh_meter_new (&info, points, meter->points->len);
}

StoreDevice meter_device (const Meter *meter)
{
    return (StoreDevice){ .id = meter->view.device,
                          .meter = meter->view.id,
                          .channel = meter->channel,
                          .address = meter->address,
                          .identity = meter->identity,
                          .settings = meter->settings,
                          .from_seq = meter->from_seq };
}

void meter_set_now (Meter *meter, MgMeterNow *now)
{
    g_clear_pointer (&meter->view.now, mg_meter_now_unref);
    meter->view.now = now;
    for (guint i = 0; i < meter->model->value_listeners->len; i++) {
        const Listener *l = &g_array_index (meter->model->value_listeners, Listener, i);
        l->updated (l->data, now);
    }
}

void meter_refresh (Meter *meter)
{
    ModelMeter *v = &meter->view;

    v->uid = meter->uid;
    v->label = meter->label;
    v->channel = meter->channel;
    v->address = meter->address;
    v->identity = meter->identity;
    v->keep = meter->keep;
    v->cycle = meter->cycle;
    v->rev = meter->rev;
    StoreDevice mounted = meter_device (meter);
    g_clear_pointer (&v->meter, mgh_meter_unref);
    v->meter = meter_public (meter, &mounted);
    meter_set_now (meter, v->now != NULL ? mgh_meter_now_next (v->now, v->meter, NULL, NULL, v->silent)
                                         : mgh_meter_now_new (v->meter));
    model_tell (meter->model, v->id, v);
}

void model_refresh_all (Model *model)
{
    const ModelLinks *links = &model->links;

    for (guint i = 0; links->interface_of != NULL && i < model->meters->len; i++) {
        Meter *meter = model->meters->pdata[i];
        const char *interface = links->interface_of (links->data, meter->channel);
        if (g_strcmp0 (interface != NULL ? interface : "", mgh_meter_get_interface (meter->view.meter)) != 0)
            meter_refresh (meter);
    }
}

static char *meter_settings (const Meter *meter)
{
    g_autoptr (JsonObject) object = json_object_new ();

    if (meter->cycle != NULL)
        json_object_set_string_member (object, "cycle", meter->cycle);
    g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
    return json_to_string (node, FALSE);
}

void meter_store (Meter *meter)
{
    g_autofree char *settings = meter_settings (meter);
    StoreMeter row = { .id = meter->view.id,
                       .uid = meter->uid,
                       .label = meter->label,
                       .keep = meter->keep,
                       .settings = settings,
                       .medium = meter->view.medium,
                       .active = meter->view.active,
                       .rev = ++meter->rev };
    StoreDevice device = meter_device (meter);

    store_put_meter (meter->model->store, &row);
    store_put_device (meter->model->store, &device);
    store_put_tags (meter->model->store, meter->view.id, -1, (const char *const *) meter->tags);
}

void meter_free (gpointer data)
{
    Meter *meter = data;

    g_clear_pointer (&meter->view.now, mg_meter_now_unref);
    g_clear_pointer (&meter->view.meter, mgh_meter_unref);
    g_clear_pointer (&meter->by_key, g_hash_table_unref);
    g_ptr_array_unref (meter->points);
    g_strfreev (meter->tags);
    g_free (meter->hint);
    g_free (meter->uid);
    g_free (meter->label);
    g_free (meter->channel);
    g_free (meter->address);
    g_free (meter->identity);
    g_free (meter->keep);
    g_free (meter->cycle);
    g_free (meter->settings);
    g_free (meter);
}

void meter_mount (Meter *meter, const StoreDevice *device)
{
    g_free (meter->channel);
    g_free (meter->address);
    g_free (meter->identity);
    g_free (meter->settings);
    meter->channel = g_strdup (device->channel);
    meter->address = g_strdup (device->address);
    meter->identity = g_strdup (device->identity);
    meter->settings = g_strdup (device->settings);
    meter->from_seq = device->from_seq;
    meter->view.device = (guint32) device->id;
    g_hash_table_insert (meter->model->by_device, GUINT_TO_POINTER (meter->view.device), meter);
}

/* ------------------------------------------------------------------------------------------------------------ removal
 */

gboolean model_remove (Model *model, guint32 id, GError **error)
{
    Meter *meter = g_hash_table_lookup (model->by_id, GUINT_TO_POINTER (id));

    if (meter == NULL) {
        g_set_error (error, MODEL_ERROR, MODEL_ERROR_UNKNOWN, "there is no meter %u", id);
        return FALSE;
    }
    StoreDevice device = meter_device (meter);
    StoreMeter row = { .id = id,
                       .uid = meter->uid,
                       .label = meter->label,
                       .keep = meter->keep,
                       .settings = "{}",
                       .medium = meter->view.medium,
                       .active = FALSE,
                       .removed_ms = g_get_real_time () / 1000,
                       .rev = ++meter->rev };

    device.to_seq = MAX (store_committed_seq (model->store), 1);
    if (meter->view.silent)
        store_gap_close (model->store, meter->view.device, row.removed_ms);
    store_put_meter (model->store, &row);
    store_put_device (model->store, &device);
    /* reports still find what was kept of it */
    g_hash_table_insert (model->past, GUINT_TO_POINTER (meter->view.device), mgh_meter_ref (meter->view.meter));
    g_hash_table_remove (model->by_device, GUINT_TO_POINTER (meter->view.device));
    g_hash_table_remove (model->by_id, GUINT_TO_POINTER (id));
    g_ptr_array_remove (model->meters, meter);
    model_tell (model, id, NULL);
    return TRUE;
}

/* ---------------------------------------------------------------------------------------------------------- catalogue
 */

struct _ModelCatalogue {
    GPtrArray *meters;
    GHashTable *by_device;
};

static void catalogue_add (gpointer device, gpointer meter, gpointer data)
{
    g_hash_table_insert (data, device, mgh_meter_ref (meter));
}

ModelCatalogue *model_catalogue (Model *model)
{
    ModelCatalogue *c = g_new (ModelCatalogue, 1);

    c->meters = g_ptr_array_new_full (model->meters->len, (GDestroyNotify) mgh_meter_unref);
    c->by_device = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) mgh_meter_unref);
    g_hash_table_foreach (model->past, catalogue_add, c->by_device);
    for (guint i = 0; i < model->meters->len; i++) {
        const ModelMeter *v = &((Meter *) model->meters->pdata[i])->view;
        g_ptr_array_add (c->meters, mgh_meter_ref (v->meter));
        g_hash_table_insert (c->by_device, GUINT_TO_POINTER (v->device), mgh_meter_ref (v->meter));
    }
    return c;
}

void model_catalogue_free (ModelCatalogue *catalogue)
{
    g_ptr_array_unref (catalogue->meters);
    g_hash_table_unref (catalogue->by_device);
    g_free (catalogue);
}

guint model_catalogue_meters (const ModelCatalogue *catalogue, const MgMeter *const **meters)
{
    *meters = (const MgMeter *const *) catalogue->meters->pdata;
    return catalogue->meters->len;
}

const MgMeter *model_catalogue_of_device (const ModelCatalogue *catalogue, gint64 device)
{
    return g_hash_table_lookup (catalogue->by_device, GUINT_TO_POINTER ((guint32) device));
}
