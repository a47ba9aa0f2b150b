/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* edit.c: one meter added or changed by a person. */
#include "place.h"

static gboolean model_is_taken (Model *model, const Place *place, GError **error)
{
    for (guint i = 0; i < model->meters->len; i++) {
        const Meter *meter = model->meters->pdata[i];
        if (!g_str_equal (meter->channel, place->text[CHANNEL]) || !g_str_equal (meter->address, place->text[ADDRESS]))
            continue;
        g_set_error (error, MODEL_ERROR, MODEL_ERROR_TAKEN, "channel %s, address %s: meter %u is there already",
                     meter->channel, meter->address, meter->view.id);
        return TRUE;
    }
    return FALSE;
}

/* A text that is none in the list (a line, a tab, not UTF-8) is none here. */
static gboolean place_set (Place *place, guint column, const char *text, GError **error)
{
    g_free (place->text[column]);
    place->text[column] = g_strstrip (g_strdup (text != NULL ? text : ""));
    if (!g_utf8_validate (place->text[column], -1, NULL))
        return place_invalid (error, "text", "", "UTF-8");
    return TRUE;
}

gboolean model_add (Model *model, const ModelPlace *wanted, guint32 *id, GError **error)
{
    const char *texts[N_COLUMNS] = { wanted->label,  wanted->channel, wanted->address, wanted->identity,
                                     wanted->medium, wanted->cycle,   wanted->keep,    wanted->tags };
    Place *place = g_new0 (Place, 1);
    gboolean good = TRUE;

    for (guint c = 0; c < N_COLUMNS; c++)
        good = place_set (place, c, texts[c], good ? error : NULL) && good;
    good = good && place_check_address (model, place, error) && place_check_texts (place, error) &&
           !model_is_taken (model, place, error);
    if (good)
        *id = place_add (model, place)->view.id;
    place_free (place);
    return good;
}

/* The meter as it is, with the changes. */
static Place *edit_place (const Meter *meter, const ModelPlace *changes)
{
    g_autofree char *tags = g_strjoinv (" ", meter->tags);
    const char *texts[N_COLUMNS] = { [LABEL] = changes->label != NULL ? changes->label : meter->label,
                                     [MEDIUM] = changes->medium,
                                     [CYCLE] = changes->cycle != NULL ? changes->cycle : meter->cycle,
                                     [KEEP] = changes->keep != NULL ? changes->keep : meter->keep,
                                     [TAGS] = changes->tags != NULL ? changes->tags : tags };
    Place *place = g_new0 (Place, 1);

    for (guint c = 0; c < N_COLUMNS; c++)
        place_set (place, c, texts[c], NULL);
    return place;
}

gboolean model_edit (Model *model, guint32 id, const ModelPlace *changes, gint active, GError **error)
{
    Meter *meter = g_hash_table_lookup (model->by_id, GUINT_TO_POINTER (id));
    gboolean changed;

    if (meter == NULL) {
        g_set_error (error, MODEL_ERROR, MODEL_ERROR_UNKNOWN, "there is no meter %u", id);
        return FALSE;
    }
    Place *place = edit_place (meter, changes);
    if (!place_check_texts (place, error)) {
        place_free (place);
        return FALSE;
    }
    changed = place_apply (meter, place);
    place_free (place);
    if (changes->medium != NULL && *changes->medium == '\0' && meter->view.medium != 0) {
        meter->view.medium = 0;
        changed = TRUE;
    }
    if (active >= 0 && meter->view.active != (active != 0)) {
        meter->view.active = active != 0;
        changed = TRUE;
    }
    if (changed) {
        meter_store (meter);
        meter_refresh (meter);
    }
    return TRUE;
}
