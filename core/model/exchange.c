/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* exchange.c: another device at the same place: the old one closed with its last readings, the next begun. */
#include "place.h"

#define COUNTERS_TOLD 8 /* of the readings that an event tells */

/* That the first readout is still to come survives a restart. */
static char *first_key (const Meter *meter)
{
    return g_strdup_printf ("first:%u", meter->view.id);
}

static void meter_want_first (Meter *meter, gboolean wanted)
{
    g_autofree char *key = first_key (meter);
    g_autoptr (GBytes) yes = g_bytes_new_static ("1", 1);

    meter->first_wanted = wanted;
    store_state_put (meter->model->store, "model", key, wanted ? yes : NULL);
}

void meter_load_first (Meter *meter)
{
    g_autofree char *key = first_key (meter);
    g_autoptr (GBytes) kept = store_state_get (meter->model->store, "model", key);

    meter->first_wanted = kept != NULL;
}

/* "0.0.0.0:00=37351000 Wh, ...": the counters, which is what a bill is made of */
static char *meter_counters (const Meter *meter)
{
    GString *out = g_string_new (NULL);
    guint told = 0;

    for (guint i = 0; i < meter->points->len && told < COUNTERS_TOLD; i++) {
        const MgPoint *point = ((Point *) meter->points->pdata[i])->public;
        const MgReading *reading = mg_meter_now_get_reading (meter->view.now, i);
        char text[64];

        if (reading == NULL || mg_point_get_meaning (point)->kind != MG_POINT_COUNTER ||
            mg_reading_get_value (reading).type != MG_VALUE_DECIMAL)
            continue;
        mg_value_print (mg_reading_get_value (reading), '.', text, sizeof text);
        g_string_append_printf (out, "%s%s=%s %s", told++ > 0 ? ", " : "", mg_point_get_key (point), text,
                                mg_point_get_unit (point));
    }
    if (out->len == 0)
        g_string_append (out, "no counter");
    return g_string_free (out, FALSE);
}

void meter_tell_first (Meter *meter)
{
    g_autofree char *subject = g_strdup_printf ("meter:%u", meter->view.id);
    g_autofree char *first = meter_counters (meter);

    meter_want_first (meter, FALSE);
    journal_raise (meter->model->journal, "meter.first-reading", subject, NULL, "first", first, "identity",
                   meter->identity, "address", meter->address, "channel", meter->channel, NULL);
}

static gboolean address_is_taken (const Meter *meter, const char *address, GError **error)
{
    const GPtrArray *meters = meter->model->meters;

    for (guint i = 0; i < meters->len; i++) {
        const Meter *other = meters->pdata[i];
        if (other == meter || !g_str_equal (other->channel, meter->channel) || !g_str_equal (other->address, address))
            continue;
        g_set_error (error, MODEL_ERROR, MODEL_ERROR_TAKEN, "channel %s, address %s: meter %u is there already",
                     other->channel, other->address, other->view.id);
        return TRUE;
    }
    return FALSE;
}

/* The new device's row goes first: a kill between the two leaves two open ones, and the later one counts. */
static void meter_change_device (Meter *meter, const Place *place)
{
    Model *model = meter->model;
    StoreDevice before = meter_device (meter);
    StoreDevice next = { .id = model->next_device++,
                         .meter = meter->view.id,
                         .channel = place->text[CHANNEL],
                         .address = place->text[ADDRESS],
                         .identity = place->text[IDENTITY],
                         .settings = "{}",
                         .from_seq = MAX (store_committed_seq (model->store), 1) };

    if (meter->view.silent)
        store_gap_close (model->store, before.id, g_get_real_time () / 1000);
    store_put_device (model->store, &next);
    before.to_seq = next.from_seq;
    store_put_device (model->store, &before);
    /* reports still find what was kept of it */
    g_hash_table_insert (model->past, GUINT_TO_POINTER (meter->view.device), mgh_meter_ref (meter->view.meter));
    g_hash_table_remove (model->by_device, GUINT_TO_POINTER (meter->view.device));
    meter->view.device_before = meter->view.device;
    meter_mount (meter, &next);
    meter->view.silent = FALSE;
    meter->view.missed = 0;
    meter->identity_told = FALSE;
    g_clear_pointer (&meter->view.now, mg_meter_now_unref); /* what the old one said is not what this one says */
}

static gboolean exchange_check (Meter *meter, Place *place, const char *address, const char *identity, GError **error)
{
    for (guint c = 0; c < N_COLUMNS; c++)
        place->text[c] = g_strdup ("");
    g_free (place->text[CHANNEL]);
    g_free (place->text[ADDRESS]);
    g_free (place->text[IDENTITY]);
    place->text[CHANNEL] = g_strdup (meter->channel);
    place->text[ADDRESS] = g_strstrip (g_strdup (address != NULL ? address : meter->address));
    place->text[IDENTITY] = g_strstrip (g_strdup (identity != NULL ? identity : ""));
    return place_check_address (meter->model, place, error) && place_check_texts (place, error) &&
           !address_is_taken (meter, place->text[ADDRESS], error);
}

gboolean model_exchange (Model *model, guint32 id, const char *address, const char *identity, const char *actor,
                         GError **error)
{
    Meter *meter = g_hash_table_lookup (model->by_id, GUINT_TO_POINTER (id));
    g_autofree char *final = NULL, *was_address = NULL, *was_identity = NULL;
    g_autofree char *subject = g_strdup_printf ("meter:%u", id);
    Place *place;
    gboolean good;

    if (meter == NULL) {
        g_set_error (error, MODEL_ERROR, MODEL_ERROR_UNKNOWN, "there is no meter %u", id);
        return FALSE;
    }
    place = g_new0 (Place, 1);
    good = exchange_check (meter, place, address, identity, error);
    if (good) {
        final = meter_counters (meter);
        was_address = g_strdup (meter->address);
        was_identity = g_strdup (meter->identity);
        meter_change_device (meter, place);
        meter_want_first (meter, TRUE);
        meter_store (meter);
        meter_refresh (meter);
        journal_raise (model->journal, "meter.exchanged", subject, actor, "final", final, "was-identity", was_identity,
                       "was-address", was_address, "identity", meter->identity, "address", meter->address, NULL);
    }
    place_free (place);
    return good;
}
