/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* meters.c: meters, their points and live values. */
#include "answer.h"

#include <host/mgh-model.h>
#include <host/mgh-names.h>
#include <host/mgh-readout.h>

#include <json-glib/json-glib.h>

static void meter_head (Json *b, const ModelMeter *m)
{
    json_add_int (b, "id", m->id);
    json_add_text (b, "uid", m->uid);
    json_add_text (b, "label", m->label);
    json_add_text (b, "channel", m->channel);
    json_add_text (b, "address", m->address);
    json_add_text (b, "identity", m->identity);
    json_add_text (b, "medium", mgh_medium_nick (mg_meter_get_identity (m->meter)->medium));
    json_add_text (b, "cycle", m->cycle);
    json_add_text (b, "keep", m->keep);
    json_begin (b, "tags", '[');
    for (const char *const *tag = mgh_meter_get_all_tags (m->meter); tag != NULL && *tag != NULL; tag++)
        json_add_text (b, NULL, *tag);
    json_end (b, ']');
    json_add_bool (b, "active", m->active);
    json_add_int (b, "rev", m->rev);
    json_add_bool (b, "silent", m->silent);
    json_add_int (b, "missed", m->missed);
    json_add_int (b, "readouts", (gint64) m->readouts);
    json_add_int (b, "points", mg_meter_get_n_points (m->meter));
}

static void list_one (const ModelMeter *meter, gpointer data)
{
    Json *b = data;

    json_begin (b, NULL, '{');
    meter_head (b, meter);
    json_end (b, '}');
}

void meters_list (Request *request)
{
    Json *b = json_new ();

    json_begin (b, NULL, '[');
    model_foreach (request->api->rooms.model, list_one, b);
    json_end (b, ']');
    answer_json (request, 200, b);
}

const ModelMeter *meters_find (Request *request)
{
    guint64 id = 0;
    const ModelMeter *meter = NULL;

    if (g_ascii_string_to_unsigned (request->path[0], 10, 1, G_MAXUINT32, &id, NULL))
        meter = model_find (request->api->rooms.model, (guint32) id);
    if (meter == NULL) {
        g_autofree char *text = g_strdup_printf ("there is no meter %s", request->path[0]);
        answer_problem (request, 404, "unknown", text);
    }
    return meter;
}

void meters_add_value (Json *b, const MgReading *reading)
{
    MgValue value = mg_reading_get_value (reading);
    gsize size = mg_value_print (value, '.', NULL, 0) + 1;
    g_autofree char *text = g_malloc (size);

    mg_value_print (value, '.', text, size);
    json_add_text (b, "value", text);
    json_add_int (b, "quality", mg_reading_get_quality (reading));
    json_add_int (b, "at_ms", mg_readout_get_at_ms (mg_reading_get_readout (reading)));
}

static void point_object (Json *b, const MgPoint *point, const MgReading *reading)
{
    const MgMeaning *meaning = mg_point_get_meaning (point);

    json_begin (b, NULL, '{');
    json_add_int (b, "index", mg_point_get_index (point));
    json_add_text (b, "key", mg_point_get_key (point));
    json_add_text (b, "label", mg_point_get_label (point));
    json_add_text (b, "description", mgh_point_get_description (point));
    json_add_bool (b, "active", mg_point_is_active (point));
    json_add_text (b, "quantity", meaning->quantity);
    json_add_text (b, "unit", mg_point_get_unit (point));
    json_add_text (b, "function", mgh_func_nick (meaning->func));
    if (reading != NULL)
        meters_add_value (b, reading);
    json_end (b, '}');
}

void meters_show (Request *request)
{
    const ModelMeter *meter = meters_find (request);

    if (meter == NULL)
        return;
    Json *b = json_new ();
    json_begin (b, NULL, '{');
    meter_head (b, meter);
    json_begin (b, "values", '[');
    for (guint i = 0; i < mg_meter_get_n_points (meter->meter); i++)
        point_object (b, mg_meter_get_point (meter->meter, i), mg_meter_now_get_reading (meter->now, i));
    json_end (b, ']');
    json_end (b, '}');
    request->etag = meter->rev;
    answer_json (request, 200, b);
}

static void request_kept (gpointer data, const GError *error)
{
    Request *request = data;

    if (error != NULL) {
        g_clear_pointer (&request->text, g_free);
        request->etag = 0;
        answer_problem (request, 507, "store", error->message);
    }
    answer_now (request);
}

/* what was changed is answered for only when it is on the disk */
static void answer_when_kept (Request *request)
{
    Store *store = request->api->rooms.store;

    store_sync (store, request_kept, answer_later (request));
}

void meters_answer_kept (Request *request, guint status, guint32 id)
{
    const ModelMeter *meter = model_find (request->api->rooms.model, id);
    Json *b = json_new ();

    list_one (meter, b);
    request->etag = meter->rev;
    answer_json (request, status, b);
    answer_when_kept (request);
}

void meters_remove (Request *request)
{
    const ModelMeter *meter = meters_find (request);
    g_autoptr (GError) error = NULL;

    if (meter == NULL || !meters_is_current (request, meter))
        return;
    if (!model_remove (request->api->rooms.model, meter->id, &error)) {
        answer_error (request, error);
        return;
    }
    request->status = 204;
    answer_when_kept (request);
}

static void read_done (gpointer data, const GError *error)
{
    Request *request = data;

    if (error != NULL)
        answer_error (request, error);
    else
        request->status = 204;
    answer_now (request);
}

void meters_read (Request *request)
{
    const ModelMeter *meter = meters_find (request);
    g_autoptr (GError) error = NULL;

    if (meter == NULL)
        return;
    Request *later = answer_later (request);
    if (acquire_read_now (request->api->rooms.acquire, meter->id, read_done, later, &error))
        return;
    answer_error (later, error);
    answer_now (later);
}

void meters_export (Request *request)
{
    answer_text (request, "text/csv; charset=utf-8", model_export_csv (request->api->rooms.model));
}

void meters_import (Request *request)
{
    ModelImport result;
    g_autoptr (GError) error = NULL;

    if (!model_import_csv (request->api->rooms.model, request->body, request->body_len, &result, &error)) {
        answer_error (request, error);
        return;
    }
    Json *b = json_new ();
    json_begin (b, NULL, '{');
    json_add_int (b, "added", result.added);
    json_add_int (b, "changed", result.changed);
    json_add_int (b, "unchanged", result.unchanged);
    json_end (b, '}');
    answer_json (request, 200, b);
    answer_when_kept (request);
}

/* {"label": "Main", "unit": null} */
void points_set (Request *request)
{
    const ModelMeter *meter = meters_find (request);
    g_autoptr (JsonParser) parser = json_parser_new ();
    g_autoptr (GError) error = NULL;

    if (meter == NULL)
        return;
    if (!json_parser_load_from_data (parser, request->body, (gssize) request->body_len, &error) ||
        json_parser_get_root (parser) == NULL || !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser))) {
        answer_problem (request, 400, "invalid", "expected a JSON object of label, obis, unit, description, active");
        return;
    }
    JsonObject *object = json_node_get_object (json_parser_get_root (parser));
    g_autoptr (GList) members = json_object_get_members (object);
    for (GList *l = members; l != NULL; l = l->next) {
        JsonNode *node = json_object_get_member (object, l->data);
        const char *value = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;
        if (value == NULL && !JSON_NODE_HOLDS_NULL (node))
            answer_problem (request, 400, "invalid", "expected texts, or null to take back");
        else if (!model_set_by_hand (request->api->rooms.model, meter->id, request->path[1], l->data, value, &error))
            answer_error (request, error);
        if (request->status != 0)
            return;
    }
    request->status = 204;
    answer_when_kept (request);
}
