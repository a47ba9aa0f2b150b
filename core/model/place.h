/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* place.h: a meter as a person describes it, on its way from texts into the model; inside this room only. */
#pragma once

#include "meter.h"

enum { LABEL, CHANNEL, ADDRESS, IDENTITY, MEDIUM, CYCLE, KEEP, TAGS, N_COLUMNS };

typedef struct {
    guint line;
    char *text[N_COLUMNS]; /* none NULL; checked, in normal form */
    guint32 medium;
    Meter *known;
} Place;

void place_free (gpointer place);
gboolean place_invalid (GError **error, const char *column, const char *text, const char *expected); /* FALSE */
gboolean place_check_address (Model *model, Place *place, GError **error);
gboolean place_check_texts (Place *place, GError **error); /* all but channel and address */
/* Empty identity and medium leave what is there. TRUE: something is different from before. */
gboolean place_apply (Meter *meter, const Place *place);
Meter *place_add (Model *model, const Place *place);
