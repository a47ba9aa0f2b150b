/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* schema.h: the steps that bring each database from one user_version to the next. */
#pragma once

#include "database.h"

G_BEGIN_DECLS

const char *const *store_schema_steps (StoreDbKind kind, int *n_steps);

G_END_DECLS
