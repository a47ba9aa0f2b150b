/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* format.h: what the descriptor of format-csv needs of its code. */
#pragma once

#include <metergate.h>

/* What the columns of a layout are; table 21 of the concentrator, a row for each number. */
enum {
    CSV_INDEX = 1 << 0,      /* Index and IndexN */
    CSV_PLAIN_TIME = 1 << 1, /* times in words and values scaled; else Unix times and values as sent */
    CSV_LINK = 1 << 2,       /* Link */
    CSV_USER = 1 << 3,       /* User */
    CSV_SCALE = 1 << 4,      /* ScaleN */
    CSV_POINT_USER = 1 << 5, /* UserN */
    CSV_POINT_TIME = 1 << 6  /* TimestampN */
};

gpointer csv_create (MgHost *host, const MgConfig *config, GError **error);
void csv_destroy (gpointer self);
gboolean csv_begin (gpointer self, MgOutput *out, MgCall *call, GError **error);
gboolean csv_item (gpointer self, const MgItem *item, MgOutput *out, MgCall *call, GError **error);
gboolean csv_end (gpointer self, MgOutput *out, MgCall *call, GError **error);
