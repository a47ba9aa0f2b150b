/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* telegrams.h: telegrams for tests: of our own, and those of the corpus where it is at hand. */
#pragma once

#include "protocol.h"

G_BEGIN_DECLS

typedef void (*TelegramFunc) (const char *name, const guint8 *bytes, gsize len);

/** Calls `func` for each telegram of our own: header, records, framed here. */
void telegrams_own (TelegramFunc func);

/**
 * Calls `func` for each wired telegram of the corpus: METERGATE_CORPUS, else ../shared/corpus beside the source tree or
 * beside its parent.
 *
 * Returns: FALSE when there is no corpus
 */
gboolean telegrams_corpus (TelegramFunc func);

/** Frames `data` as RSP_UD of primary address 1. */
gsize telegram_frame (guint8 out[MBUS_FRAME_MAX], guint8 ci, const guint8 *data, gsize len);

/** Hex with blanks to bytes; returns how many. */
gsize telegram_hex (const char *hex, guint8 *bytes, gsize max);

G_END_DECLS
