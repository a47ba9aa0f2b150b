/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* format.h: what the descriptor of format-json needs of its code. */
#pragma once

#include <metergate.h>

gpointer json_create (MgHost *host, const MgConfig *config, GError **error);
void json_destroy (gpointer self);
gboolean json_begin (gpointer self, MgOutput *out, MgCall *call, GError **error);
gboolean json_item (gpointer self, const MgItem *item, MgOutput *out, MgCall *call, GError **error);
gboolean json_end (gpointer self, MgOutput *out, MgCall *call, GError **error);
