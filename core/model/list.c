/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list.c: the meter list as people exchange it: label;channel;address;identity;medium;cycle;keep;tags. */
#include "place.h"

#include <host/mgh-config.h>

#define BAD_LINES_MAX 10

static const char *const columns[N_COLUMNS] = { "label",  "channel", "address", "identity",
                                                "medium", "cycle",   "keep",    "tags" };

void place_free (gpointer data)
{
    Place *place = data;

    for (guint i = 0; i < N_COLUMNS; i++)
        g_free (place->text[i]);
    g_free (place);
}

static gboolean list_header (const CsvRow *row, gint *column_of, GError **error)
{
    guint seen = 0;

    for (guint i = 0; i < row->cells->len; i++) {
        const char *cell = row->cells->pdata[i];
        guint c = 0;
        while (c < N_COLUMNS && g_ascii_strcasecmp (cell, columns[c]) != 0)
            c++;
        if (c == N_COLUMNS || (seen & 1u << c) != 0) {
            g_set_error (error, MODEL_ERROR, MODEL_ERROR_INVALID, "line 1: column \"%s\" is %s; expected %s", cell,
                         c == N_COLUMNS ? "unknown" : "there twice",
                         "label;channel;address;identity;medium;cycle;keep;tags");
            return FALSE;
        }
        seen |= 1u << c;
        column_of[i] = (gint) c;
    }
    if ((seen & (1u << CHANNEL | 1u << ADDRESS)) != (1u << CHANNEL | 1u << ADDRESS)) {
        g_set_error (error, MODEL_ERROR, MODEL_ERROR_INVALID, "line 1: the columns channel and address must be there");
        return FALSE;
    }
    return TRUE;
}

/* ---------------------------------------------------------------------------------------- checks, a column each */

gboolean place_invalid (GError **error, const char *column, const char *text, const char *expected)
{
    g_set_error (error, MODEL_ERROR, MODEL_ERROR_INVALID, "%s \"%s\": expected %s", column, text, expected);
    return FALSE;
}

static gboolean place_check_tags (Place *place, GError **error)
{
    g_auto (GStrv) words = g_strsplit_set (place->text[TAGS], " ", -1);

    for (char **w = words; *w != NULL; w++)
        if (**w != '\0' && (strchr (*w, '=') == NULL || **w == '='))
            return place_invalid (error, "tags", *w, "key=value, apart by blanks");
    return TRUE;
}

gboolean place_check_address (Model *model, Place *place, GError **error)
{
    const ModelLinks *links = &model->links;
    char *normal = NULL;

    if (*place->text[ADDRESS] == '\0')
        return place_invalid (error, "address", "", "the address of the device on its channel");
    if (links->interface_of != NULL && links->interface_of (links->data, place->text[CHANNEL]) == NULL)
        return place_invalid (error, "channel", place->text[CHANNEL], "the name of a configured channel");
    if (links->check_address == NULL)
        return TRUE;
    if (!links->check_address (links->data, place->text[CHANNEL], place->text[ADDRESS], &normal, error))
        return FALSE;
    g_free (place->text[ADDRESS]);
    place->text[ADDRESS] = normal;
    return TRUE;
}

gboolean place_check_texts (Place *place, GError **error)
{
    g_autofree char *manufacturer = NULL, *serial = NULL;
    guint version, medium;

    if (!place_check_tags (place, error))
        return FALSE;
    if (g_utf8_strlen (place->text[LABEL], -1) > 200)
        return place_invalid (error, "label", place->text[LABEL], "at most 200 characters");
    if (*place->text[IDENTITY] != '\0' &&
        !model_identity_parse (place->text[IDENTITY], &manufacturer, &serial, &version, &medium))
        return place_invalid (error, "identity", place->text[IDENTITY],
                              "MAN-SERIAL-VERSION-MEDIUM, such as KAM-06855817-8-4");
    if (*place->text[MEDIUM] != '\0' && !mgh_medium_parse (place->text[MEDIUM], &place->medium))
        return place_invalid (error, "medium", place->text[MEDIUM],
                              "a medium such as heat, water, electricity, or its number");
    if (*place->text[KEEP] == '\0') {
        g_free (place->text[KEEP]);
        place->text[KEEP] = g_strdup ("all");
    }
    if (!g_strv_contains ((const char *const[]){ "all", "slot", "change", "live", NULL }, place->text[KEEP]))
        return place_invalid (error, "keep", place->text[KEEP], "all, slot, change or live");
    if (*place->text[CYCLE] != '\0') {
        g_autoptr (MghSchedule) schedule = mgh_schedule_parse (place->text[CYCLE], NULL, error);
        if (schedule == NULL) {
            g_prefix_error (error, "cycle: ");
            return FALSE;
        }
    }
    return TRUE;
}

static Place *place_parse (Model *model, const CsvRow *row, const gint *column_of, guint n_columns, GError **error)
{
    Place *place = g_new0 (Place, 1);

    place->line = row->line;
    if (row->cells->len > n_columns) {
        g_set_error (error, MODEL_ERROR, MODEL_ERROR_INVALID, "%u cells: expected at most %u", row->cells->len,
                     n_columns);
        place_free (place);
        return NULL;
    }
    for (guint i = 0; i < row->cells->len; i++)
        place->text[column_of[i]] = g_strdup (row->cells->pdata[i]);
    for (guint c = 0; c < N_COLUMNS; c++)
        if (place->text[c] == NULL)
            place->text[c] = g_strdup ("");
    if (!place_check_address (model, place, error) || !place_check_texts (place, error)) {
        place_free (place);
        return NULL;
    }
    return place;
}

/* ------------------------------------------------------------------------------------------------------- carrying it
 * out */

static char **place_tags (const Place *place)
{
    g_auto (GStrv) words = g_strsplit_set (place->text[TAGS], " ", -1);
    GPtrArray *tags = g_ptr_array_new ();

    for (char **w = words; *w != NULL; w++)
        if (**w != '\0')
            g_ptr_array_add (tags, g_strdup (*w));
    g_ptr_array_add (tags, NULL);
    return (char **) g_ptr_array_free (tags, FALSE);
}

static gboolean text_changes (char **have, const char *want, gboolean empty_is_null)
{
    if (empty_is_null && *want == '\0')
        want = NULL;
    if (g_strcmp0 (*have, want) == 0)
        return FALSE;
    g_free (*have);
    *have = g_strdup (want);
    return TRUE;
}

/* TRUE: something is different from before */
gboolean place_apply (Meter *meter, const Place *place)
{
    g_auto (GStrv) tags = place_tags (place);
    gboolean changed = text_changes (&meter->label, place->text[LABEL], FALSE);

    changed |= text_changes (&meter->keep, place->text[KEEP], FALSE);
    changed |= text_changes (&meter->cycle, place->text[CYCLE], TRUE);
    if (*place->text[IDENTITY] != '\0')
        changed |= text_changes (&meter->identity, place->text[IDENTITY], FALSE);
    if (*place->text[MEDIUM] != '\0' && meter->view.medium != place->medium) {
        meter->view.medium = place->medium;
        changed = TRUE;
    }
    if (!g_strv_equal ((const char *const *) tags, (const char *const *) meter->tags)) {
        g_strfreev (meter->tags);
        meter->tags = g_steal_pointer (&tags);
        changed = TRUE;
    }
    return changed;
}

Meter *place_add (Model *model, const Place *place)
{
    g_autofree char *uuid = g_uuid_string_random ();
    g_auto (GStrv) part = g_strsplit (uuid, "-", -1);
    g_autofree char *uid = g_strjoinv ("", part);
    StoreMeter row = {
        .id = model->next_meter++, .uid = uid, .label = "", .keep = "all", .settings = "{}", .active = TRUE
    };
    Meter *meter = meter_new (model, &row);
    StoreDevice device = { .id = model->next_device++,
                           .meter = row.id,
                           .channel = place->text[CHANNEL],
                           .address = place->text[ADDRESS],
                           .identity = "",
                           .settings = "{}",
                           .from_seq = MAX (store_committed_seq (model->store), 1) };

    meter_mount (meter, &device);
    place_apply (meter, place);
    meter_store (meter);
    meter_refresh (meter);
    return meter;
}

/* channel and address, as one key */
static char *place_key (const char *channel, const char *address)
{
    return g_strconcat (channel, "\t", address, NULL);
}

/* Finds out which places are known. */
static void list_match (Model *model, GPtrArray *places)
{
    g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < model->meters->len; i++) {
        Meter *meter = model->meters->pdata[i];
        g_hash_table_insert (known, place_key (meter->channel, meter->address), meter);
    }
    for (guint i = 0; i < places->len; i++) {
        Place *place = places->pdata[i];
        g_autofree char *key = place_key (place->text[CHANNEL], place->text[ADDRESS]);
        place->known = g_hash_table_lookup (known, key);
    }
}

static GPtrArray *list_parse (Model *model, GPtrArray *rows, GError **error)
{
    g_autoptr (GPtrArray) places = g_ptr_array_new_with_free_func (place_free);
    g_autoptr (GString) bad = g_string_new (NULL);
    g_autoptr (GHashTable) taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    const CsvRow *header = rows->pdata[0];
    g_autofree gint *column_of = g_new (gint, header->cells->len);
    guint n_bad = 0;

    if (!list_header (header, column_of, error))
        return NULL;
    for (guint i = 1; i < rows->len; i++) {
        g_autoptr (GError) why = NULL;
        const CsvRow *row = rows->pdata[i];
        Place *place = place_parse (model, row, column_of, header->cells->len, &why);
        char *where = place != NULL ? place_key (place->text[CHANNEL], place->text[ADDRESS]) : NULL;

        if (where != NULL && !g_hash_table_add (taken, where))
            g_set_error (&why, MODEL_ERROR, MODEL_ERROR_INVALID, "channel %s, address %s: is there twice",
                         place->text[CHANNEL], place->text[ADDRESS]);
        if (place != NULL)
            g_ptr_array_add (places, place);
        if (why != NULL && n_bad++ < BAD_LINES_MAX)
            g_string_append_printf (bad, "%sline %u: %s", bad->len > 0 ? "\n" : "", row->line, why->message);
    }
    if (n_bad == 0)
        return g_steal_pointer (&places);
    if (n_bad > BAD_LINES_MAX)
        g_string_append_printf (bad, "\nand %u more", n_bad - BAD_LINES_MAX);
    g_set_error_literal (error, MODEL_ERROR, MODEL_ERROR_INVALID, bad->str);
    return NULL;
}

/* by its place; else by its identity, wherever it is */
static Meter *found_find (Model *model, const char *channel, const char *address, const char *identity)
{
    Meter *same = NULL;

    for (guint i = 0; i < model->meters->len; i++) {
        Meter *meter = model->meters->pdata[i];
        if (g_str_equal (meter->channel, channel) && g_str_equal (meter->address, address))
            return meter;
        if (same == NULL && *identity != '\0' && g_str_equal (meter->identity, identity))
            same = meter;
    }
    return same;
}

static void found_kept (gpointer data, const GError *error)
{
    if (error != NULL)
        g_message ("a meter that was found is not kept yet: %s", error->message);
}

const ModelMeter *model_found (Model *model, const char *channel, const char *address, const MgIdentity *identity,
                               gboolean *added)
{
    g_autofree char *who = identity != NULL ? model_identity_text (identity) : g_strdup ("");
    Place place = { .text = { "", (char *) channel, (char *) address, who, "", "", "all", "" } };
    Meter *meter = found_find (model, channel, address, who);

    *added = meter == NULL;
    if (*added) {
        meter = place_add (model, &place);
    } else if (*meter->identity == '\0' && *who != '\0') {
        text_changes (&meter->identity, who, FALSE);
        meter_store (meter);
        meter_refresh (meter);
    } else {
        return &meter->view;
    }
    store_sync (model->store, found_kept, NULL);
    return &meter->view;
}

gboolean model_import_csv (Model *model, const char *text, gsize len, ModelImport *result, GError **error)
{
    g_autoptr (GPtrArray) rows = csv_read (text, len, error);

    *result = (ModelImport){ 0 };
    if (rows == NULL)
        return FALSE;
    if (rows->len == 0) {
        g_set_error (error, MODEL_ERROR, MODEL_ERROR_INVALID,
                     "the list is empty: expected a line label;channel;address;...");
        return FALSE;
    }
    g_autoptr (GPtrArray) places = list_parse (model, rows, error);
    if (places == NULL)
        return FALSE;
    list_match (model, places);
    for (guint i = 0; i < places->len; i++) {
        const Place *place = places->pdata[i];
        if (place->known == NULL) {
            place_add (model, place);
            result->added++;
        } else if (place_apply (place->known, place)) {
            meter_store (place->known);
            meter_refresh (place->known);
            result->changed++;
        } else {
            result->unchanged++;
        }
    }
    return TRUE;
}

static void list_cell (GString *out, const char *text, gboolean last)
{
    gboolean quote = strpbrk (text, ";\"\r\n") != NULL;

    if (quote)
        g_string_append_c (out, '"');
    if (*text != '\0' && strchr ("=+-@\t\r", *text) != NULL)
        g_string_append_c (out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            g_string_append_c (out, '"');
        g_string_append_c (out, *text);
    }
    if (quote)
        g_string_append_c (out, '"');
    g_string_append_c (out, last ? '\n' : ';');
}

char *model_export_csv (Model *model)
{
    GString *out = g_string_new (NULL);

    for (guint c = 0; c < N_COLUMNS; c++)
        list_cell (out, columns[c], c == N_COLUMNS - 1);
    for (guint i = 0; i < model->meters->len; i++) {
        const Meter *meter = model->meters->pdata[i];
        g_autofree char *tags = g_strjoinv (" ", meter->tags);
        const char *cells[N_COLUMNS] = { meter->label,
                                         meter->channel,
                                         meter->address,
                                         meter->identity,
                                         meter->view.medium != 0 ? mgh_medium_nick (meter->view.medium) : "",
                                         meter->cycle != NULL ? meter->cycle : "",
                                         meter->keep,
                                         tags };
        for (guint c = 0; c < N_COLUMNS; c++)
            list_cell (out, cells[c], c == N_COLUMNS - 1);
    }
    return g_string_free (out, FALSE);
}
