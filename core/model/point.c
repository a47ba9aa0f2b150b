/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* point.c: the points of a meter, found by key; what a person set by hand wins over the driver. */
#include "meter.h"

#include <json-glib/json-glib.h>
#include <stdio.h>

void point_free (gpointer data)
{
    Point *point = data;

    mgh_point_unref (point->public);
    g_clear_pointer (&point->original, mgh_point_unref);
    g_free (point->by_hand);
    g_free (point);
}

#define POINTS_INDEXED 64 /* fewer are found as fast without an index, which costs more memory than they do */

static void meter_index_point (Meter *meter, Point *point)
{
    if (meter->by_key != NULL)
        g_hash_table_insert (meter->by_key, (gpointer) mg_point_get_key (point->public), point);
    else if (meter->points->len > POINTS_INDEXED) {
        meter->by_key = g_hash_table_new (g_str_hash, g_str_equal);
        for (guint i = 0; i < meter->points->len; i++)
            meter_index_point (meter, meter->points->pdata[i]);
    }
}

/* before the key's text goes with the object that holds it */
static void meter_forget_key (Meter *meter, const char *key)
{
    if (meter->by_key != NULL)
        g_hash_table_steal (meter->by_key, key);
}

Point *meter_find_point (Meter *meter, const char *key)
{
    if (meter->by_key != NULL)
        return g_hash_table_lookup (meter->by_key, key);
    for (guint i = 0; i < meter->points->len; i++) {
        Point *point = meter->points->pdata[i];
        if (g_str_equal (mg_point_get_key (point->public), key))
            return point;
    }
    return NULL;
}

static JsonObject *by_hand_parse (const char *text)
{
    g_autoptr (JsonParser) parser = json_parser_new ();

    if (text == NULL || !json_parser_load_from_data (parser, text, -1, NULL) ||
        !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
        return json_object_new ();
    return json_object_ref (json_node_get_object (json_parser_get_root (parser)));
}

static const char *by_hand_text (JsonObject *object, const char *member)
{
    return json_object_get_string_member_with_default (object, member, NULL);
}

/* "1-0:1.8.0*255", "1-0:1.8.0" */
static gboolean obis_parse (const char *text, MgObis *out)
{
    guint a, b, c, d, e, f = 255;
    int used = 0;

    if (sscanf (text, "%3u-%3u:%3u.%3u.%3u%n", &a, &b, &c, &d, &e, &used) != 5)
        return FALSE;
    if (text[used] == '*') {
        int more = 0;
        if (sscanf (text + used, "*%3u%n", &f, &more) != 1)
            return FALSE;
        used += more;
    }
    if (text[used] != '\0' || a > 255 || b > 255 || c > 255 || d > 255 || e > 255 || f > 255)
        return FALSE;
    *out = (MgObis) MG_OBIS ((guint8) a, (guint8) b, (guint8) c, (guint8) d, (guint8) e, (guint8) f);
    return TRUE;
}

/* the driver's meaning, corrected by what a person said */
static MgPoint *point_make (guint index, const char *key, const MgMeaning *meaning, const char *by_hand,
                            gboolean *meant)
{
    g_autoptr (JsonObject) hand = by_hand_parse (by_hand);
    MghPointInfo info = { .key = key, .meaning = *meaning, .active = TRUE };
    const char *obis = by_hand_text (hand, "obis"), *unit = by_hand_text (hand, "unit");
    gint exponent;

    info.label = by_hand_text (hand, "label");
    info.description = by_hand_text (hand, "description");
    info.active = g_strcmp0 (by_hand_text (hand, "active"), "no") != 0;
    *meant = FALSE;
    if (obis != NULL)
        *meant |= obis_parse (obis, &info.meaning.obis);
    if (unit != NULL)
        *meant |= mgh_unit_parse (unit, &info.meaning.unit, &exponent);
    return mgh_point_new (index, &info);
}

static void point_apply (Point *point, guint index, const char *key, const MgMeaning *meaning, const char *by_hand)
{
    gboolean meant;
    MgPoint *before = point->public, *original = point->original;

    point->public = point_make (index, key, meaning, by_hand, &meant);
    point->original = meant ? point_make (index, key, meaning, NULL, &meant) : NULL;
    g_clear_pointer (&before, mgh_point_unref);
    g_clear_pointer (&original, mgh_point_unref);
}

static const MgMeaning *point_driver_meaning (Point *point)
{
    return mg_point_get_meaning (point->original != NULL ? point->original : point->public);
}

static void point_store (Meter *meter, Point *point)
{
    StorePoint row = { .meter = meter->view.id,
                       .idx = mg_point_get_index (point->public),
                       .key = mg_point_get_key (point->public),
                       .meaning = *point_driver_meaning (point),
                       .by_hand = point->by_hand != NULL ? point->by_hand : "{}",
                       .active = mg_point_is_active (point->public),
                       .rev = 1 };

    store_put_point (meter->model->store, &row);
}

static Point *meter_add_point (Meter *meter, guint index, const char *key, const MgMeaning *meaning,
                               const char *by_hand)
{
    Point *point = g_new0 (Point, 1);

    if (by_hand != NULL && !g_str_equal (by_hand, "{}"))
        point->by_hand = g_strdup (by_hand);
    point_apply (point, index, key, meaning, point->by_hand);
    g_ptr_array_add (meter->points, point);
    meter_index_point (meter, point);
    return point;
}

Point *meter_load_point (Meter *meter, const StorePoint *row)
{
    if (row->idx != meter->points->len) {
        g_warning ("meter %u: point %u \"%s\" is out of order, expected %u; left out", meter->view.id, row->idx,
                   row->key, meter->points->len);
        return NULL;
    }
    return meter_add_point (meter, row->idx, row->key, &row->meaning, row->by_hand);
}

Point *meter_append_point (Meter *meter, const MgReading *reading)
{
    static const MgMeaning unknown = MG_INIT (MgMeaning, .quantity = "other", .kind = MG_POINT_GAUGE);
    const MgMeaning *meaning = mgh_reading_get_meaning (reading);

    if (meter->points->len >= POINTS_MAX)
        return NULL;
    Point *point = meter_add_point (meter, meter->points->len, mgh_reading_get_key (reading),
                                    meaning != NULL ? meaning : &unknown, NULL);
    point->checked = TRUE;
    point_store (meter, point);
    return point;
}

gboolean meter_check_meaning (Meter *meter, Point *point, const MgReading *reading)
{
    const MgMeaning *said = mgh_reading_get_meaning (reading), *known = point_driver_meaning (point);

    point->checked = TRUE;
    if (said == NULL ||
        (said->unit == known->unit && said->kind == known->kind && said->func == known->func &&
         said->storage == known->storage && said->tariff == known->tariff && said->subunit == known->subunit &&
         g_strcmp0 (said->quantity, known->quantity) == 0 && g_strcmp0 (said->unit_text, known->unit_text) == 0 &&
         memcmp (&said->obis, &known->obis, sizeof said->obis) == 0))
        return FALSE;
    g_autofree char *key = g_strdup (mg_point_get_key (point->public));
    meter_forget_key (meter, key);
    point_apply (point, mg_point_get_index (point->public), key, said, point->by_hand);
    meter_index_point (meter, point);
    point_store (meter, point);
    return TRUE;
}

static gboolean by_hand_check (const char *what, const char *value, GError **error)
{
    MgObis obis;
    guint32 unit;
    gint exponent = 0;

    if (g_str_equal (what, "label") || g_str_equal (what, "description")) {
        if (g_utf8_validate (value, -1, NULL) && g_utf8_strlen (value, -1) <= 200)
            return TRUE;
        g_set_error (error, MODEL_ERROR, MODEL_ERROR_INVALID, "%s: expected at most 200 characters of UTF-8", what);
    } else if (g_str_equal (what, "obis")) {
        if (obis_parse (value, &obis))
            return TRUE;
        g_set_error (error, MODEL_ERROR, MODEL_ERROR_INVALID, "obis \"%s\": expected A-B:C.D.E or A-B:C.D.E*F", value);
    } else if (g_str_equal (what, "unit")) {
        if (mgh_unit_parse (value, &unit, &exponent) && exponent == 0)
            return TRUE;
        g_set_error (error, MODEL_ERROR, MODEL_ERROR_INVALID,
                     "unit \"%s\": expected a unit without prefix, such as Wh or m3", value);
    } else if (g_str_equal (what, "active")) {
        if (g_str_equal (value, "yes") || g_str_equal (value, "no"))
            return TRUE;
        g_set_error (error, MODEL_ERROR, MODEL_ERROR_INVALID, "active \"%s\": expected yes or no", value);
    } else {
        g_set_error (error, MODEL_ERROR, MODEL_ERROR_INVALID,
                     "\"%s\": expected one of label, obis, unit, description, active", what);
    }
    return FALSE;
}

gboolean model_set_by_hand (Model *model, guint32 id, const char *key, const char *what, const char *value,
                            GError **error)
{
    Meter *meter = g_hash_table_lookup (model->by_id, GUINT_TO_POINTER (id));
    Point *point = meter != NULL ? meter_find_point (meter, key) : NULL;

    if (point == NULL) {
        g_set_error (error, MODEL_ERROR, MODEL_ERROR_UNKNOWN, "meter %u has no point \"%s\"", id, key);
        return FALSE;
    }
    if (value != NULL && !by_hand_check (what, value, error))
        return FALSE;
    g_autoptr (JsonObject) hand = by_hand_parse (point->by_hand);
    if (value != NULL)
        json_object_set_string_member (hand, what, value);
    else
        json_object_remove_member (hand, what);
    g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), hand);
    g_autofree char *own_key = g_strdup (key);
    /* the meaning's strings live in the points that point_apply () replaces */
    g_autoptr (MgPoint) said = mgh_point_ref (point->original != NULL ? point->original : point->public);

    g_free (point->by_hand);
    point->by_hand = json_object_get_size (hand) > 0 ? json_to_string (node, FALSE) : NULL;
    meter_forget_key (meter, own_key);
    point_apply (point, mg_point_get_index (point->public), own_key, mg_point_get_meaning (said), point->by_hand);
    meter_index_point (meter, point);
    point_store (meter, point);
    meter_refresh (meter);
    return TRUE;
}
