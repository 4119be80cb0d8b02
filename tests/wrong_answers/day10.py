"""Wrong answers of day 10 as students write them, each with words of the hint it must get."""

import torch
import torch.nn.functional as F

from course_lib.words.clip import cosine_similarity_matrix


def missing_counts_on(labels, n_per_class, there):
    missing = []
    for label in labels:
        done = len([name for name in there if name.startswith(label)])
        for index in range(done, n_per_class):
            missing.append(f"{label}/{index:05}.png")
    return missing


def missing_from_one(labels, n_per_class, there):
    names = [f"{label}/{i:05}.png" for label in labels for i in range(1, n_per_class + 1)]
    return [name for name in names if name not in there]


def missing_no_zeros(labels, n_per_class, there):
    names = [f"{label}/{i}.png" for label in labels for i in range(n_per_class)]
    return [name for name in names if name not in there]


def missing_as_set(labels, n_per_class, there):
    return {f"{label}/{i:05}.png" for label in labels for i in range(n_per_class)} - there


def missing_sorted(labels, n_per_class, there):
    wanted = {f"{label}/{i:05}.png" for label in labels for i in range(n_per_class)}
    return sorted(wanted - there, reverse=True)


def missing_returns_early(labels, n_per_class, there):
    missing = []
    for label in labels:
        for i in range(n_per_class):
            if f"{label}/{i:05}.png" not in there:
                missing.append(f"{label}/{i:05}.png")
        return missing


def missing_those_there(labels, n_per_class, there):
    return [f"{c}/{i:05}.png" for c in labels for i in range(n_per_class) if f"{c}/{i:05}.png" in there]


def missing_numbers(labels, n_per_class, there):
    return [i for c in labels for i in range(n_per_class) if f"{c}/{i:05}.png" not in there]


def missing_without_class(labels, n_per_class, there):
    return [f"{i:05}.png" for c in labels for i in range(n_per_class) if f"{c}/{i:05}.png" not in there]


def missing_forgets_return(labels, n_per_class, there):
    [f"{c}/{i:05}.png" for c in labels for i in range(n_per_class) if f"{c}/{i:05}.png" not in there]


def missing_last_one(labels, n_per_class, there):
    names = [f"{label}/{i:05}.png" for label in labels for i in range(n_per_class - 1)]
    return [name for name in names if name not in there]


def best_of_all(scores, groups, share):
    kept = torch.zeros(len(scores), dtype=torch.bool)
    kept[scores.argsort(descending=True)[: round(len(scores) * share)]] = True
    return kept


def best_cut_off(scores, groups, share):
    kept = torch.zeros(len(scores), dtype=torch.bool)
    for group in groups.unique():
        members = torch.where(groups == group)[0]
        order = scores[members].argsort(descending=True)
        kept[members[order[: int(len(members) * share)]]] = True
    return kept


def best_worst(scores, groups, share):
    kept = torch.zeros(len(scores), dtype=torch.bool)
    for group in groups.unique():
        members = torch.where(groups == group)[0]
        kept[members[scores[members].argsort()[: round(len(members) * share)]]] = True
    return kept


def best_above_share(scores, groups, share):
    return scores >= share


def best_positions(scores, groups, share):
    kept = []
    for group in groups.unique():
        members = torch.where(groups == group)[0]
        kept += members[scores[members].topk(round(len(members) * share)).indices].tolist()
    return torch.tensor(sorted(kept))


def best_above_mean(scores, groups, share):
    means = torch.stack([scores[groups == group].mean() for group in groups])
    return scores >= means


def best_as_numbers(scores, groups, share):
    return best_cut_off(scores, groups, share).float()


def best_one_fewer(scores, groups, share):
    kept = torch.zeros(len(scores), dtype=torch.bool)
    for group in groups.unique():
        members = torch.where(groups == group)[0]
        order = scores[members].argsort(descending=True)
        kept[members[order[: max(1, round(len(members) * share) - 1)]]] = True
    return kept


def best_random(scores, groups, share):
    return torch.rand(len(scores)) < share


def diverse_with_itself(features):
    return 1 - cosine_similarity_matrix(features, features).mean()


def diverse_not_normalised(features):
    table = features @ features.T
    n = len(features)
    return 1 - (table.sum() - table.trace()) / (n * (n - 1))


def diverse_alike(features):
    table = cosine_similarity_matrix(features, features)
    n = len(features)
    return (table.sum() - table.trace()) / (n * (n - 1))


def diverse_euclid(features):
    return torch.pdist(features).mean()


def diverse_upper_mean(features):
    return 1 - cosine_similarity_matrix(features, features).triu(diagonal=1).mean()


def diverse_n_squared(features):
    table = cosine_similarity_matrix(features, features)
    return 1 - (table.sum() - table.trace()) / len(features) ** 2


def twins_and_selves(features, threshold):
    return (cosine_similarity_matrix(features, features) >= threshold).nonzero()


def twins_with_diagonal(features, threshold):
    return (cosine_similarity_matrix(features, features) >= threshold).triu().nonzero()


def twins_both_ways(features, threshold):
    table = cosine_similarity_matrix(features, features)
    table.fill_diagonal_(0)
    return (table >= threshold).nonzero()


def twins_turned(features, threshold):
    return (cosine_similarity_matrix(features, features) >= threshold).tril(-1).nonzero()


def twins_not_normalised(features, threshold):
    return (features @ features.T >= threshold).triu(1).nonzero()


def twins_as_table(features, threshold):
    return (cosine_similarity_matrix(features, features) >= threshold).triu(1)


def twins_unlike(features, threshold):
    return (cosine_similarity_matrix(features, features) < threshold).triu(1).nonzero()


def twins_absolute(features, threshold):
    return (cosine_similarity_matrix(features, features).abs() >= threshold).triu(1).nonzero()


def twins_as_list(features, threshold):
    table = cosine_similarity_matrix(features, features)
    n = len(features)
    return [(i, j) for i in range(n) for j in range(i + 1, n) if table[i, j] >= threshold]


def leak_turned(train_features, test_features, threshold):
    return (cosine_similarity_matrix(train_features, test_features) >= threshold).any(dim=1)


def leak_all(train_features, test_features, threshold):
    return (cosine_similarity_matrix(test_features, train_features) >= threshold).all(dim=1)


def leak_mean(train_features, test_features, threshold):
    return cosine_similarity_matrix(test_features, train_features).mean(dim=1) >= threshold


def leak_rows(train_features, test_features, threshold):
    return F.cosine_similarity(train_features, test_features) >= threshold


def leak_not_normalised(train_features, test_features, threshold):
    return (test_features @ train_features.T >= threshold).any(dim=1)


def leak_in_test(train_features, test_features, threshold):
    table = cosine_similarity_matrix(test_features, test_features)
    table.fill_diagonal_(-1)
    return (table >= threshold).any(dim=1)


def leak_any(train_features, test_features, threshold):
    return (cosine_similarity_matrix(test_features, train_features) >= threshold).any()


def leak_innocent(train_features, test_features, threshold):
    return cosine_similarity_matrix(test_features, train_features).max(dim=1).values < threshold


def leak_cosines(train_features, test_features, threshold):
    return cosine_similarity_matrix(test_features, train_features).max(dim=1).values


def leak_max_pair(train_features, test_features, threshold):
    return cosine_similarity_matrix(test_features, train_features).max(dim=1) >= threshold


def best_counted_inside(scores, groups, share):
    keep = torch.zeros_like(groups, dtype=torch.bool)
    for group in groups.unique():
        rows = (groups == group).nonzero()[:, 0]
        keep[scores[rows].topk(round(len(rows) * share)).indices] = True
    return keep


def best_into_a_copy(scores, groups, share):
    keep = torch.zeros_like(groups, dtype=torch.bool)
    for group in groups.unique():
        rows = (groups == group).nonzero()[:, 0]
        keep[rows][scores[rows].topk(round(len(rows) * share)).indices] = True
    return keep


def twins_triu_first(features, threshold):
    table = cosine_similarity_matrix(features, features)
    return (table.triu(diagonal=1) >= threshold).nonzero()


def missing_without_png(labels, n_per_class, there):
    names = [f"{label}/{i:05}" for label in labels for i in range(n_per_class)]
    return [name for name in names if name not in there]


WRONG = [
    ("keep_best", best_counted_inside, "counts inside the group"),
    ("keep_best", best_into_a_copy, "is a copy"),
    ("near_duplicates", twins_triu_first, "compare first"),
    ("missing_pictures", missing_without_png, "lack .png"),
    ("missing_pictures", missing_counts_on, "missing in the middle"),
    ("missing_pictures", missing_from_one, "numbered from 0"),
    ("missing_pictures", missing_no_zeros, "five digits"),
    ("missing_pictures", missing_as_set, "in a set; return a list"),
    ("missing_pictures", missing_sorted, "their order is not"),
    ("missing_pictures", missing_returns_early, "is the return inside the loop"),
    ("missing_pictures", missing_those_there, "the others are asked for"),
    ("missing_pictures", missing_numbers, "these are numbers"),
    ("missing_pictures", missing_without_class, "the class belongs to the name"),
    ("missing_pictures", missing_forgets_return, "`return` missing"),
    ("missing_pictures", missing_last_one, "is missing in your list"),
    ("keep_best", best_of_all, "inside each group"),
    ("keep_best", best_cut_off, "int() cuts off"),
    ("keep_best", best_worst, "worst of each group"),
    ("keep_best", best_above_share, "not a score to compare with"),
    ("keep_best", best_positions, "positions of the pictures"),
    ("keep_best", best_above_mean, "above the mean of its group"),
    ("keep_best", best_as_numbers, "dtype"),
    ("keep_best", best_random, "random numbers"),
    ("keep_best", best_one_fewer, "answers differ"),
    ("diversity", diverse_with_itself, "compared with itself"),
    ("diversity", diverse_not_normalised, "not normalised"),
    ("diversity", diverse_alike, "1 - cosine, is asked for"),
    ("diversity", diverse_euclid, "distance between points"),
    ("diversity", diverse_upper_mean, "zeros below the diagonal"),
    ("diversity", diverse_n_squared, "not out of the number that divides it"),
    ("near_duplicates", twins_and_selves, "each picture is its own twin here, and each pair"),
    ("near_duplicates", twins_with_diagonal, "start one further"),
    ("near_duplicates", twins_both_ways, "(i, j) and (j, i)"),
    ("near_duplicates", twins_turned, "the larger index comes first"),
    ("near_duplicates", twins_not_normalised, "not normalised"),
    ("near_duplicates", twins_as_table, "list of pairs"),
    ("near_duplicates", twins_unlike, "pairs that differ"),
    ("near_duplicates", twins_absolute, "do not take abs()"),
    ("near_duplicates", twins_as_list, "returns a list"),
    ("leaks", leak_turned, "each training picture"),
    ("leaks", leak_all, "one twin is enough"),
    ("leaks", leak_mean, "one twin is enough"),
    ("leaks", leak_rows, "must match the size"),
    ("leaks", leak_not_normalised, "not normalised"),
    ("leaks", leak_in_test, "with one another"),
    ("leaks", leak_any, "for each test picture"),
    ("leaks", leak_innocent, "swapped"),
    ("leaks", leak_cosines, "compare them with the threshold"),
    ("leaks", leak_max_pair, ".values"),
]


def missing_by_loop(labels, n_per_class, there):
    missing = []
    for label in labels:
        for index in range(n_per_class):
            name = label + "/" + str(index).zfill(5) + ".png"
            if name not in there:
                missing.append(name)
    return missing


def best_by_quantile(scores, groups, share):
    limits = torch.stack([scores[groups == group].quantile(1 - share) for group in groups])
    return scores >= limits


def best_by_rank(scores, groups, share):
    same = groups[:, None] == groups[None, :]
    better = (same & (scores[None, :] > scores[:, None])).sum(dim=1)
    return better < (same.sum(dim=1) * share).round()


def diverse_by_loop(features):
    n = len(features)
    pairs = [(i, j) for i in range(n) for j in range(i)]
    return sum(1 - F.cosine_similarity(features[i], features[j], dim=0) for i, j in pairs) / len(pairs)


def twins_by_loop(features, threshold):
    table = cosine_similarity_matrix(features, features)
    n = len(features)
    return torch.tensor([(i, j) for i in range(n) for j in range(i + 1, n) if table[i, j] >= threshold])


def leak_by_any(train_features, test_features, threshold):
    return (cosine_similarity_matrix(train_features, test_features) >= threshold).any(dim=0)


RIGHT = [
    ("missing_pictures", missing_by_loop),
    ("keep_best", best_by_quantile),
    ("keep_best", best_by_rank),
    ("diversity", diverse_by_loop),
    ("near_duplicates", twins_by_loop),
    ("leaks", leak_by_any),
]
