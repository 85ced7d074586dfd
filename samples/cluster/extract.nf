// The features of an archive by Nextflow:
//
//   nextflow run extract.nf --archive /data/archive --shards 20 --options '--modality CT'
//
// or as a module: include { EXTRACT; MERGE } from './extract.nf'
nextflow.enable.dsl = 2

params.archive = null
params.shards = 20
params.options = ''
params.outdir = '.'

process EXTRACT {
    cpus 2
    memory '4 GB'
    time '1h'
    errorStrategy 'retry'
    maxRetries 2

    input:
    tuple val(shard), val(shards), path(archive), val(options)

    output:
    path "part-${shard}.csv"

    script:
    """
    weft extract ${archive} --shard ${shard}/${shards} --output part-${shard}.csv --allow-failures --jobs ${task.cpus} \\
        --quiet ${options}
    """
}

process MERGE {
    publishDir params.outdir, mode: 'copy'

    input:
    path parts

    output:
    path 'features.csv'

    script:
    """
    weft merge ${parts} --output features.csv
    """
}

workflow {
    shards = Channel.of(1..params.shards).map { tuple(it, params.shards, file(params.archive), params.options) }
    EXTRACT(shards)
    MERGE(EXTRACT.out.collect())
}
