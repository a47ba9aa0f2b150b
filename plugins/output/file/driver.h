/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* driver.h: what the descriptor of transport-file needs of its code. */
#pragma once

#include <metergate.h>

gpointer file_create (MgHost *host, const MgConfig *config, GError **error);
void file_destroy (gpointer self);
gboolean file_deliver (gpointer self, MgDelivery *delivery, MgCall *call, GError **error);
