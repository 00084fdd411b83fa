import { Module } from '@nestjs/common';
import { CatalogueController } from './catalogue.controller.js';
import { CatalogueService } from './catalogue.service.js';
import { RecommendationsService } from './recommendations.service.js';

@Module({
  controllers: [CatalogueController],
  providers: [CatalogueService, RecommendationsService],
  exports: [CatalogueService],
})
export class CatalogueModule {}
