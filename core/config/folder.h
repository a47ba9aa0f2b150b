/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* folder.h: which files of the conf.d folders hold; inside this room only. */
#pragma once

#include <glib.h>

/* The paths (char *) of all *.conf files in the order of their names, without what is hidden or switched off. A folder
 * that is not there is empty. A folder that cannot be read is told to `problem`. */
typedef void (*FolderProblem) (gpointer data, const char *path, const char *message);
GPtrArray *folder_list (const char *const *folders, FolderProblem problem, gpointer data); /* full */

/* The bytes of a file, at most `most` and one more; NULL with a message (full) that says why not. */
char *folder_read_file (const char *path, gsize most, gsize *len, char **why);
