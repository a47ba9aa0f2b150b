/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tags.c: the tags of a meter or a point, grouped by key once so that looking one up allocates nothing. */
#include "tags.h"

#include <string.h>

typedef struct {
    char *key;
    GPtrArray *values; /* parts of `all`, then NULL */
} TagGroup;

struct _Tags {
    char **all;
    GArray *groups;
};

static const char *const no_tags[] = { NULL };

static void tag_group_clear (gpointer data)
{
    TagGroup *group = data;

    g_free (group->key);
    g_ptr_array_unref (group->values);
}

static TagGroup *tags_find (const Tags *tags, const char *key, gsize len)
{
    for (guint i = 0; i < tags->groups->len; i++) {
        TagGroup *group = &g_array_index (tags->groups, TagGroup, i);

        if (strncmp (group->key, key, len) == 0 && group->key[len] == '\0')
            return group;
    }
    return NULL;
}

Tags *tags_new (const char *const *tags)
{
    Tags *t;

    if (tags == NULL || tags[0] == NULL)
        return NULL;
    t = g_new0 (Tags, 1);
    t->all = g_strdupv ((char **) tags);
    t->groups = g_array_new (FALSE, FALSE, sizeof (TagGroup));
    g_array_set_clear_func (t->groups, tag_group_clear);
    for (char **tag = t->all; *tag != NULL; tag++) {
        gsize len = strcspn (*tag, "=");
        TagGroup *group = tags_find (t, *tag, len);

        if (group == NULL) {
            TagGroup fresh = { g_strndup (*tag, len), g_ptr_array_new () };

            g_ptr_array_add (fresh.values, NULL);
            g_array_append_val (t->groups, fresh);
            group = &g_array_index (t->groups, TagGroup, t->groups->len - 1);
        }
        g_ptr_array_insert (group->values, (gint) group->values->len - 1, *tag + len + ((*tag)[len] == '='));
    }
    return t;
}

void tags_free (Tags *tags)
{
    if (tags == NULL)
        return;
    g_array_unref (tags->groups);
    g_strfreev (tags->all);
    g_free (tags);
}

const char *const *tags_get (const Tags *tags, const char *key)
{
    const TagGroup *group = tags == NULL ? NULL : tags_find (tags, key, strlen (key));

    return group == NULL ? no_tags : (const char *const *) group->values->pdata;
}

const char *const *tags_get_all (const Tags *tags)
{
    return tags == NULL ? no_tags : (const char *const *) tags->all;
}
