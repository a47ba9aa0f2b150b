/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* load.c: meters, devices, points and last values out of the store, at the start. */
#include "meter.h"

#include <json-glib/json-glib.h>

#define NEWEST_MAX 20000 /* rows looked at for last values: some 50 ms */

typedef struct {
    Model *model;
    GHashTable *tags; /* meter -> GPtrArray of "key=value" */
    GPtrArray *past;  /* PastDevice */
} Loading;

static char *settings_cycle (const char *settings)
{
    g_autoptr (JsonParser) parser = json_parser_new ();

    if (!json_parser_load_from_data (parser, settings, -1, NULL) ||
        !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
        return NULL;
    return g_strdup (json_object_get_string_member_with_default (json_node_get_object (json_parser_get_root (parser)),
                                                                 "cycle", NULL));
}

Meter *meter_new (Model *model, const StoreMeter *row)
{
    Meter *meter = g_new0 (Meter, 1);

    meter->model = model;
    meter->kept_slot = -1; /* none yet */
    meter->points = g_ptr_array_new_with_free_func (point_free);
    meter->tags = g_new0 (char *, 1);
    meter->uid = g_strdup (row->uid);
    meter->label = g_strdup (row->label);
    meter->keep = g_strdup (row->keep);
    meter->cycle = settings_cycle (row->settings);
    meter->channel = g_strdup ("");
    meter->address = g_strdup ("");
    meter->identity = g_strdup ("");
    meter->settings = g_strdup ("{}");
    meter->rev = row->rev;
    meter->view.id = (guint32) row->id;
    meter->view.medium = row->medium;
    meter->view.active = row->active;
    g_ptr_array_add (model->meters, meter);
    g_hash_table_insert (model->by_id, GUINT_TO_POINTER (meter->view.id), meter);
    return meter;
}

static void load_meter (gpointer data, const StoreMeter *row)
{
    Loading *l = data;

    l->model->next_meter = MAX (l->model->next_meter, row->id + 1);
    meter_new (l->model, row)->removed = row->removed_ms != 0;
}

typedef struct {
    gint64 id;
    Meter *meter;
    char *channel, *address, *identity;
} PastDevice;

static void past_device_free (gpointer data)
{
    PastDevice *past = data;

    g_free (past->channel);
    g_free (past->address);
    g_free (past->identity);
    g_free (past);
}

static void load_past_device (Loading *l, Meter *meter, const StoreDevice *row)
{
    PastDevice *past = g_new (PastDevice, 1);

    *past = (PastDevice){ row->id, meter, g_strdup (row->channel), g_strdup (row->address), g_strdup (row->identity) };
    g_ptr_array_add (l->past, past);
}

static void load_device (gpointer data, const StoreDevice *row)
{
    Loading *l = data;
    Meter *meter = g_hash_table_lookup (l->model->by_id, GUINT_TO_POINTER ((guint32) row->meter));

    l->model->next_device = MAX (l->model->next_device, row->id + 1);
    if (meter == NULL)
        return;
    if (row->to_seq != 0 || meter->removed) { /* a kill can fall between the two rows of a removal */
        load_past_device (l, meter, row);
        return;
    }
    if (meter->view.device != 0) { /* and between those of an exchange: the later device is the one that hangs there */
        StoreDevice before = meter_device (meter);
        g_hash_table_remove (l->model->by_device, GUINT_TO_POINTER (meter->view.device));
        load_past_device (l, meter, &before);
    }
    meter_mount (meter, row);
}

static void load_point (gpointer data, const StorePoint *row)
{
    Loading *l = data;
    Meter *meter = g_hash_table_lookup (l->model->by_id, GUINT_TO_POINTER ((guint32) row->meter));

    if (meter != NULL)
        meter_load_point (meter, row);
}

static void load_tag (gpointer data, gint64 id, gint idx, const char *key, const char *value)
{
    Loading *l = data;

    if (idx >= 0)
        return; /* tags of points: no room sets them yet */
    GPtrArray *list = g_hash_table_lookup (l->tags, GUINT_TO_POINTER ((guint32) id));
    if (list == NULL) {
        list = g_ptr_array_new_with_free_func (g_free);
        g_hash_table_insert (l->tags, GUINT_TO_POINTER ((guint32) id), list);
    }
    g_ptr_array_add (list, g_strdup_printf ("%s=%s", key, value));
}

static void load_tags_done (gpointer id, gpointer list, gpointer data)
{
    Loading *l = data;
    Meter *meter = g_hash_table_lookup (l->model->by_id, id);
    GPtrArray *tags = list;

    if (meter == NULL)
        return;
    g_strfreev (meter->tags);
    meter->tags = g_new0 (char *, tags->len + 1);
    for (guint i = 0; i < tags->len; i++)
        meter->tags[i] = g_strdup (tags->pdata[i]);
}

/* -------------------------------------------------------------------------------------------------------- last values
 */

typedef struct {
    MgReadout *readout;
    guint32 *indices;
} LastRow;

typedef struct {
    Model *model;
    GHashTable *rows; /* Meter -> GPtrArray of LastRow, newest first */
    GHashTable *seen; /* Meter -> GArray of gboolean, a point each */
    guint missing;    /* points not seen yet */
} Last;

static void last_row_free (gpointer data)
{
    LastRow *row = data;

    mg_readout_unref (row->readout);
    g_free (row->indices);
    g_free (row);
}

static gboolean last_row (const StoreRow *row, gpointer data)
{
    Last *last = data;
    Meter *meter = g_hash_table_lookup (last->model->by_device, GUINT_TO_POINTER ((guint32) row->device));
    gboolean news = FALSE;

    if (meter == NULL || row->readout == NULL || row->kind == MG_READOUT_GAP || row->kind == MG_READOUT_BACKFILL)
        return last->missing > 0;
    if (meter->kept_slot < 0)
        meter->kept_slot = meter_slot (row->readout); /* the newest comes first */
    GArray *seen = g_hash_table_lookup (last->seen, meter);
    for (guint i = 0; i < row->n; i++) {
        if (row->indices[i] >= seen->len || g_array_index (seen, gboolean, row->indices[i]))
            continue;
        g_array_index (seen, gboolean, row->indices[i]) = news = TRUE;
        last->missing--;
    }
    if (news) {
        LastRow *copy = g_new (LastRow, 1);
        copy->readout = mg_readout_ref (row->readout);
        copy->indices = g_memdup2 (row->indices, row->n * sizeof (guint32));
        g_ptr_array_add (g_hash_table_lookup (last->rows, meter), copy);
    }
    return last->missing > 0;
}

static gboolean model_load_values (Model *model, GError **error)
{
    Last last = { model, g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref),
                  g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_array_unref), 0 };

    for (guint i = 0; i < model->meters->len; i++) {
        Meter *meter = model->meters->pdata[i];
        GArray *seen = g_array_sized_new (FALSE, TRUE, sizeof (gboolean), meter->points->len);
        g_array_set_size (seen, meter->points->len);
        g_hash_table_insert (last.seen, meter, seen);
        g_hash_table_insert (last.rows, meter, g_ptr_array_new_with_free_func (last_row_free));
        last.missing += meter->points->len;
    }
    gboolean ok = last.missing == 0 || store_newest (model->store, NEWEST_MAX, last_row, &last, error);
    for (guint i = 0; ok && i < model->meters->len; i++) {
        Meter *meter = model->meters->pdata[i];
        GPtrArray *rows = g_hash_table_lookup (last.rows, meter);
        for (guint r = rows->len; r > 0; r--) {
            const LastRow *row = rows->pdata[r - 1];
            meter_set_now (meter,
                           mgh_meter_now_next (meter->view.now, meter->view.meter, row->readout, row->indices, FALSE));
        }
    }
    g_hash_table_unref (last.rows);
    g_hash_table_unref (last.seen);
    return ok;
}

/* Silent when the gateway stopped, silent until it answers: its gap row goes on and is closed then. */
static void load_gap (gint64 device, gpointer data)
{
    Model *model = data;
    Meter *meter = g_hash_table_lookup (model->by_device, GUINT_TO_POINTER ((guint32) device));

    if (meter == NULL) { /* removed, and the end of its gap was not written any more */
        store_gap_close (model->store, device, g_get_real_time () / 1000);
        return;
    }
    meter->view.silent = TRUE;
    meter->view.missed = MISSES_SILENT;
    meter_set_now (meter, mgh_meter_now_next (meter->view.now, meter->view.meter, NULL, NULL, TRUE));
}

/* Removed meters and devices of before stay in the catalogue: reports may still be behind them. */
static void load_past (Loading *l)
{
    Model *model = l->model;

    for (guint i = 0; i < l->past->len; i++) {
        const PastDevice *p = l->past->pdata[i];
        StoreDevice device = { .id = p->id, .channel = p->channel, .address = p->address, .identity = p->identity };
        g_hash_table_insert (model->past, GUINT_TO_POINTER ((guint32) p->id), meter_public (p->meter, &device));
    }
    for (guint i = model->meters->len; i > 0; i--) {
        Meter *meter = model->meters->pdata[i - 1];
        if (!meter->removed)
            continue;
        g_hash_table_remove (model->by_id, GUINT_TO_POINTER (meter->view.id));
        g_ptr_array_remove_index (model->meters, i - 1);
    }
}

gboolean model_load (Model *model, GError **error)
{
    static const StoreLoad load = { load_meter, load_device, load_point, load_tag };
    Loading l = { model, g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref),
                  g_ptr_array_new_with_free_func (past_device_free) };
    gboolean ok = store_load (model->store, &load, &l, error);

    if (ok) {
        g_hash_table_foreach (l.tags, load_tags_done, &l);
        for (guint i = 0; i < model->meters->len; i++)
            meter_refresh (model->meters->pdata[i]);
        load_past (&l);
        for (guint i = 0; i < model->meters->len; i++)
            meter_load_first (model->meters->pdata[i]);
        ok = model_load_values (model, error) && store_open_gaps (model->store, load_gap, model, error);
    }
    g_ptr_array_unref (l.past);
    g_hash_table_unref (l.tags);
    return ok;
}
