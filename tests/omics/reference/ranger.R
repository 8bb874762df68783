# Reference numbers for tests/omics/test_importance.py, by R's package ranger. Run in this folder:
#   Rscript ranger.R FOLDER-OF-LIHC
# The folder holds clinical.csv and mrna_zscore.csv.gz of TCGA-LIHC. Writes ranger.json: the permutation importance of
# every gene in two forests that differ by their seed. randomForestSRC, the other package of the field, was not at hand.
library(ranger)
library(jsonlite)

folder <- commandArgs(trailingOnly = TRUE)[1]
clinical <- read.csv(file.path(folder, "clinical.csv"), row.names = "patient", check.names = FALSE)
clinical <- clinical[!is.na(clinical$OS) & !is.na(clinical$OS.time) & clinical$OS.time >= 30, ]
x <- as.matrix(read.csv(file.path(folder, "mrna_zscore.csv.gz"), row.names = 1, check.names = FALSE))
patients <- sort(intersect(rownames(clinical), rownames(x)), method = "radix")
x <- x[patients, ]
follow_up <- survival::Surv(clinical[patients, "OS.time"], clinical[patients, "OS"])

trees <- 2000
# A leaf of 15 patients holds about 24 draws of a bootstrap sample. ranger counts draws, and to it this is the least leaf.
importance <- function(seed) {
  taken <- system.time(
    forest <- ranger(x = x, y = follow_up, num.trees = trees, mtry = floor(sqrt(ncol(x))), splitrule = "logrank",
                     min.node.size = 24, importance = "permutation", seed = seed, num.threads = 2)
  )
  message("seed ", seed, ": ", round(taken[["elapsed"]], 1), " s, out-of-bag C-index ", 1 - forest$prediction.error)
  list(importance = unname(forest$variable.importance), oob_c_index = 1 - forest$prediction.error)
}

# ranger seeds its i-th tree with i times the seed: seeds 1 and 2 would have half of their trees in common.
forests <- lapply(c(1, 2003), importance)
json <- toJSON(list(version = as.character(packageVersion("ranger")), trees = trees, patients = length(patients),
                    events = sum(follow_up[, 2]), genes = colnames(x), forests = forests),
               digits = 9, auto_unbox = TRUE)
writeLines(json, "ranger.json")
